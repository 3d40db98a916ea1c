/// The limits of the feeds.
enum FeedLimits {
  /// How long messages are kept where nobody has said otherwise: a reader may be away for a week.
  static let defaultRetention = Duration.seconds(7 * 24 * 60 * 60)

  /// Chunks looked at in one piece of pruning.
  static let prunedChunks = 256
  /// Bytes of payload deleted in one piece of pruning, as freeing pages is what it costs.
  static let prunedBytes: Int64 = 4 << 20
  /// Feeds looked at in one piece of pruning; they are in memory.
  static let prunedFeeds = 1_024
  /// From one look at the feeds to the next: retention is from an hour on, so a minute is nothing.
  static let pruningPause = Duration.seconds(60)
}
