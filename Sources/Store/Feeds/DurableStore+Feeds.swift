extension DurableStore {
  /// Follows a feed from `start` on, also one that has no message yet. `follower` may have only so many
  /// readers, so that one alone can't have all; nil: not counted.
  public func follow(
    _ feed: FeedKey, from start: FeedStart, by follower: (any AnyObject & Sendable)? = nil
  ) throws(FeedError) -> FeedReader {
    let incarnation = incarnation
    let (joined, position) = try hub.join(
      feed, limit: info.configuration.feedReaders, follower: follower.map { ObjectIdentifier($0) }
    ) {
      (bounds) throws(CursorRefusal) in
      switch start {
      case .now: bounds.head
      case .oldest: bounds.oldest - 1
      case .cursor(let text):
        try FeedCursor.sequence(in: text, of: feed, incarnation: incarnation)
      }
    }
    return FeedReader(
      hub, joined, at: position, follower: follower, readers: readers, incarnation: incarnation)
  }

  /// The newest message of a feed from which a reader can begin; 0 if there is none. A snapshot of the
  /// tables may show messages that are durable already and can't be begun from yet: once the writer has
  /// answered anything, they can.
  public func head(of feed: FeedKey) -> Int64 { hub.bounds(of: feed).head }

  /// The text by which a reader can begin after a message of a feed.
  public func cursor(of feed: FeedKey, at sequence: Int64) -> String {
    FeedCursor(incarnation: incarnation, feed: feed, sequence: sequence).text
  }

  /// Those who follow feeds now.
  public var feedReaders: Int { hub.readerCount }

  /// Ends everybody who follows a feed, and lets nobody begin: for a server that is about to stop.
  public func endFeeds() { hub.end(.closed) }

  private var hub: FeedHub { info.feedHub }
}
