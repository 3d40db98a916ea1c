/// The messages that one append brought to a feed, numbered `first` to `last`.
///
/// What the payload means is the capability's own matter: the store keeps it as it is.
public final class FeedChunk: Sendable {
  /// Sequence of the first message, from 1.
  public let first: Int64
  /// Sequence of the last message.
  public let last: Int64
  /// The time of the batch that brought it.
  public let time: Timestamp
  /// The messages, as the capability encoded them.
  public let payload: [UInt8]

  /// The messages `first` to `last`.
  init(first: Int64, last: Int64, time: Timestamp, payload: [UInt8]) {
    self.first = first
    self.last = last
    self.time = time
    self.payload = payload
  }
}
