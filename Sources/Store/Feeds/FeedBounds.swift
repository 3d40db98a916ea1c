/// What of a feed is kept: the messages `oldest` to `head`, without a gap.
struct FeedBounds: Sendable, Equatable {
  /// The newest message; 0 before the first.
  var head: Int64 = 0
  /// The oldest message that is kept; one above `head` if there is none.
  var oldest: Int64 = 1
}
