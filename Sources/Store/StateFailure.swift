/// How what a state decides ends without a value.
public enum StateFailure<Refusal: Error>: Error {
  /// The state doesn't allow it, and nothing has changed.
  case refused(Refusal)
  /// The store failed.
  case store(StoreError)
}
