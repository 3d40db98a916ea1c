public import RPC
public import Store

/// A call that changes something, as one object from its request to its answer: for methods that are
/// called so often that a task for each would cost more than what is decided. What it means is the same
/// as that of `StoreCalls.change`.
///
/// A subclass decides (`takeEffect` and `keptAnswer`, on the writer's thread) and answers (the other
/// three, of which one is called, once, on the call's loop).
// @unchecked: as its superclass says; from `ended` on it is the loop's.
open class StoredCall: RequestCommand, @unchecked Sendable {
  /// Who calls.
  public let context: ServerContext

  /// A call that isn't begun yet.
  public init(_ change: StoreCalls.Change, to calls: StoreCalls) {
    context = change.context
    super.init(
      request: change.key,
      deadline: calls.deadline(of: change.context), rows: change.rows)
  }

  /// It is durable, or refused: `takeEffect` knew.
  open func decided() { preconditionFailure("a subclass answers") }

  /// It took effect before, and this was kept of its answer.
  open func repeated(_ kept: [UInt8]) { preconditionFailure("a subclass answers") }

  /// It has no effect, or, where the error says so, that isn't known.
  open func failed(_ error: RPCError) { preconditionFailure("a subclass answers") }

  override public final func ended(_ ending: Ending) {
    context.onLoop { [self] in answer(ending) }
  }

  private func answer(_ ending: Ending) {
    switch ending {
    case .decided: decided()
    case .repeated(let kept): repeated(kept)
    case .conflict: failed(StoreCalls.requestIDReused)
    case .tooOld: failed(StoreCalls.requestIDTooOld)
    case .failed(let error): failed(error.rpcError)
    }
  }
}
