/// What makes a repeat: the same caller, business, method and id; and the body it must repeat.
public struct RequestKey: Sendable, Hashable {
  /// Who calls.
  public let caller: String
  /// Whose data it is about.
  public let business: String
  /// The method's full name.
  public let method: String
  /// Chosen by the caller; empty: the call can't be repeated.
  public let requestID: String
  /// A cryptographic hash of the request without its id.
  public let bodyHash: [UInt8]

  /// A key; `bodyHash` is of everything that would change the effect.
  public init(
    caller: String, business: String, method: String, requestID: String, bodyHash: [UInt8]
  ) {
    self.caller = caller
    self.business = business
    self.method = method
    self.requestID = requestID
    self.bodyHash = bodyHash
  }

  /// The same request, whatever its body.
  func names(_ other: RequestKey) -> Bool {
    ExactText(requestID) == ExactText(other.requestID)
      && isCalled(other.caller, other.business, other.method)
  }

  /// The same method, by the same caller, about the same business.
  func isCalled(_ caller: String, _ business: String, _ method: String) -> Bool {
    ExactText(self.business) == ExactText(business) && ExactText(self.caller) == ExactText(caller)
      && self.method == method
  }
}

/// How a command with a request id ended.
public enum Answer<Value: Sendable>: Sendable {
  /// Decided now.
  case fresh(Value)
  /// Decided before; this was the answer.
  case repeated(Value)
  /// The id was used with another body. Nothing happened.
  case conflict
  /// The id carries its time (UUIDv7), and is older than what is remembered. Nothing happened.
  case tooOld
}

extension Answer: Equatable where Value: Equatable {}
