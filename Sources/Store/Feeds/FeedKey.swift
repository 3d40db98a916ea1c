/// Names a feed: the events of one kind of one business.
public struct FeedKey: Sendable, Hashable {
  /// Whose events.
  public let business: String
  /// Which of its events, such as "numbers"; what a payload means follows from it.
  public let kind: String

  /// The feed of events of `kind` of `business`.
  public init(business: String, kind: String) {
    self.business = business
    self.kind = kind
  }
}
