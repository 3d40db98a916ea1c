/// Names a feed: the events of one kind of one business.
public struct FeedKey: Sendable, Hashable {
  /// Whose events.
  public let business: String
  /// Which of its events, such as "numbers"; what a payload means follows from it.
  public let kind: String

  /// By the bytes of both.
  public static func == (a: FeedKey, b: FeedKey) -> Bool {
    ExactText(a.business) == ExactText(b.business) && ExactText(a.kind) == ExactText(b.kind)
  }

  /// By the bytes of both.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ExactText(business))
    hasher.combine(ExactText(kind))
  }

  /// The feed of events of `kind` of `business`.
  public init(business: String, kind: String) {
    self.business = business
    self.kind = kind
  }
}
