public import RPC
public import Store

extension StoreError {
  /// What a client is told of a store that didn't decide or commit its call. What is wrong inside
  /// is for the operator, who finds it in the log.
  public var rpcError: RPCError {
    switch self {
    // A stop ends those who follow feeds before all others.
    case .closed: .serverStopping
    case .unavailable:
      RPCError(.unavailable, reason: "STORE_UNAVAILABLE", "\(self)").retrying(after: .seconds(1))
    case .queueFull:
      RPCError(.resourceExhausted, reason: "TOO_MANY_WAITING", "too many calls are waiting")
        .retrying(after: .milliseconds(200))
    case .deadlineExceeded:
      RPCError(.deadlineExceeded, "the deadline passed before the call was decided")
    case .cancelled: RPCError(.cancelled, "the call was cancelled before it was decided")
    case .constraint, .statement, .corrupt, .newerVersion, .locked, .notWritable, .storage,
      .failed:
      RPCError(.internal, reason: "STORE_FAILED", "the store failed")
    }
  }
}
