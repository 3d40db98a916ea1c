/// A request that a client may send again, as it does when the answer was lost, without having it done
/// again: it bears an id of the client's choice. Generated code says so of every request with a
/// `request_id` (AIP-155).
public protocol RepeatableRequest: Message {
  /// What the client calls it by; empty: a repetition can't be told from another request.
  var requestID: String { get set }
}

extension RepeatableRequest {
  /// Whether a repetition of it gets the first answer.
  public var isRepeatable: Bool { !requestID.isEmpty }
}
