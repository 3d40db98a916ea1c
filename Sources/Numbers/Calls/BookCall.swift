internal import Calls
internal import Messages
internal import RPC
internal import Store

/// A call that changes something in the book, without a task of its own.
///
/// A subclass decides and keeps what it decided, says what is kept of it, and answers.
// @unchecked: as its superclass says.
class BookCall: StoredCall, @unchecked Sendable {
  private let calls: NumberCalls
  private let kind: RefusedCall
  private var refusal: Refusal?

  init(_ change: StoreCalls.Change, _ kind: RefusedCall, to calls: NumberCalls) {
    self.calls = calls
    self.kind = kind
    super.init(change, to: calls.stored)
  }

  /// Decides, and keeps the outcome. On the writer's thread.
  func decide(_ book: Book, _ now: Moment, _ rows: StoredRows) throws(Refusal) {
    preconditionFailure("a subclass decides")
  }

  /// It took effect, durably.
  func tookEffect() { preconditionFailure("a subclass answers") }

  /// Its answer was kept in a form that can't be read.
  func damaged(_ error: any Error) {
    failed(StoreError.corrupt("a kept answer can't be read: \(error)").rpcError)
  }

  /// Queues it.
  final func begin() { calls.store.begin(self) }

  override final func takeEffect(in batch: Batch) throws(StoreError) -> Bool {
    let result = try calls.state[batch].change(batch, calls.limits) {
      (book, now, rows) throws(Refusal) in try decide(book, now, rows)
    }
    // It may have been decided otherwise before, in a batch that was taken back.
    refusal = nil
    guard case .failure(let refused) = result else { return true }
    refusal = refused
    return false
  }

  override final func decided() {
    if let refusal { failed(refusal.error(in: kind)) } else { tookEffect() }
  }
}

/// A call of the book with a caller who is told what it came to.
protocol TellingCall: BookCall {
  associatedtype Outcome: Sendable
  /// Told once, on the call's loop.
  var caller: ((Result<Outcome, RPCError>) -> Void)? { get set }
}

extension TellingCall {
  /// Has it decided, durably; a repetition gets the first outcome.
  func begin(_ caller: @escaping (Result<Outcome, RPCError>) -> Void) {
    self.caller = caller
    begin()
  }

  /// Has it decided, and waits for it.
  func outcome() async throws(RPCError) -> Outcome {
    let result = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        begin { continuation.resume(returning: $0) }
      }
    } onCancel: {
      withdraw()
    }
    return try result.get()
  }

  /// Tells the caller.
  func tell(_ result: Result<Outcome, RPCError>) { caller.take()?(result) }
}
