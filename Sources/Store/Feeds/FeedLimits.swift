/// The limits of the feeds.
enum FeedLimits {
  /// How long messages are kept where nobody has said otherwise: a reader may be away for a week.
  static let defaultRetention = Duration.seconds(7 * 24 * 60 * 60)

  // MARK: - Reading

  /// So that many connections together, not one alone, have what a server allows.
  static let readersPerFollower = 100
  /// What the newest chunks of all feeds may take in memory together; who is behind them reads from
  /// the store.
  static let tailBytes = 32 << 20
  /// Chunks in memory, small ones counted.
  static let tailChunks = 65_536
  /// What a message is taken to be in the form that goes to clients.
  static let encodedMessageBytes = 256
  /// Messages that a reader gets at once, but for a last chunk that has more: what it holds on to
  /// while its client doesn't take them.
  static let stepMessages = 1_024
  /// Chunks in a page of the store.
  static let pageChunks = 128
  /// Bytes of payload in a page of the store, but for a first chunk that has more.
  static let pageBytes = 64 << 10
  /// From one look at the waiting readers' deadlines to the next at least: a look goes through all.
  static let deadlineGrain = Duration.milliseconds(20)
  /// A page that can't be read is tried again after this, or when the store was read again.
  static let retryPause = Duration.milliseconds(100)
  /// A reader whose pages can't be read for longer is told so.
  static let patience = Duration.seconds(5)

  // MARK: - Pruning

  /// Chunks looked at in one piece of pruning.
  static let prunedChunks = 256
  /// Bytes of payload deleted in one piece of pruning, as freeing pages is what it costs.
  static let prunedBytes: Int64 = 4 << 20
  /// Feeds looked at in one piece of pruning; they are in memory.
  static let prunedFeeds = 1_024
  /// From one look at the feeds to the next: retention is from an hour on, so a minute is nothing.
  static let pruningPause = Duration.seconds(60)
}
