internal import Synchronization

/// The messages that one append brought to a feed, numbered `first` to `last`.
///
/// What the payload means is the capability's own matter: the store keeps it as it is. All readers
/// of a chunk share it, and what was once made of it for one of them.
public final class FeedChunk: Sendable {
  /// Sequence of the first message, from 1.
  public let first: Int64
  /// Sequence of the last message.
  public let last: Int64
  /// The time of the batch that brought it.
  public let time: Timestamp
  /// The messages, as the capability encoded them.
  public let payload: [UInt8]
  private let view = Mutex<(any Sendable)?>(nil)

  /// The messages `first` to `last`.
  public init(first: Int64, last: Int64, time: Timestamp, payload: [UInt8]) {
    self.first = first
    self.last = last
    self.time = time
    self.payload = payload
  }

  /// How many messages it has.
  public var count: Int { Int(last - first + 1) }

  /// What `make` makes of the chunk, made by the first who asks and shared by all who ask for the
  /// same type. It lives as long as the chunk, which is as long as the newest chunks of a feed that
  /// is followed are kept in memory.
  public func shared<View: Sendable, Failure: Error>(
    _ make: (FeedChunk) throws(Failure) -> View
  ) throws(Failure) -> View {
    if let made = view.withLock({ $0 as? View }) { return made }
    // Outside of the lock: two may make it at once, and then one view is kept.
    let made = try make(self)
    view.withLock { $0 = made }
    return made
  }

  /// About what it takes in memory, with what is made of it for its readers.
  var cost: Int { payload.count + count * FeedLimits.encodedMessageBytes }
}
