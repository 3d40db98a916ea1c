public import RPC
public import Store

extension FeedError {
  /// What a client is told whose watch can't begin or go on. `field` is where its request has the
  /// cursor.
  public func rpcError(field: String = "cursor") -> RPCError {
    switch self {
    case .cursor(.invalid):
      RPCError.invalid(
        field: field, "not one that this server has given out", reason: "CURSOR_INVALID")
    case .cursor(.foreign):
      RPCError(
        .failedPrecondition, reason: "CURSOR_FOREIGN",
        "this cursor is of another feed, or of another incarnation of the store",
        metadata: ["field": field])
    case .cursor(.tooOld(let oldest)):
      RPCError(
        .outOfRange, reason: "CURSOR_TOO_OLD", "what comes next isn't kept any more",
        metadata: ["field": field, "oldest": "\(oldest)"])
    case .cursor(.ahead(let head)):
      RPCError(
        .outOfRange, reason: "CURSOR_AHEAD", "this cursor is after the newest event",
        metadata: ["field": field, "newest": "\(head)"])
    case .tooManyReaders(let limit):
      RPCError(
        .resourceExhausted, reason: "WATCHES_EXHAUSTED",
        "this server has up to \(limit) watches", metadata: ["limit": "\(limit)"]
      ).retrying(after: .seconds(1))
    case .tooManyOfFollower(let limit):
      RPCError(
        .resourceExhausted, reason: "WATCHES_EXHAUSTED", "a connection has up to \(limit) watches",
        metadata: ["limit": "\(limit)"])
    case .store(let error): error.rpcError
    }
  }
}
