internal import Calls
internal import Messages
internal import RPC
internal import Store

/// A call that changes something of a pool, from its request to what it came to, without a task of its
/// own.
// @unchecked: as its superclass says.
final class NumberChange<Outcome: Sendable>: StoredCall, @unchecked Sendable {
  typealias Decide = @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Outcome

  private let calls: NumberCalls
  private let kind: RefusedCall
  private let keep: NumberCalls.Keeping<Outcome>
  private let decide: Decide
  private var decision: Result<Outcome, Refusal>?
  private var tell: ((Result<Outcome, RPCError>) -> Void)?

  /// `body` is the request without its id.
  init(
    _ change: StoreCalls.Change, _ kind: RefusedCall, body: some Message,
    keep: NumberCalls.Keeping<Outcome>, _ calls: NumberCalls, _ decide: @escaping Decide
  ) throws(RPCError) {
    self.calls = calls
    self.kind = kind
    self.keep = keep
    self.decide = decide
    try super.init(change, body: body, to: calls.stored)
  }

  /// Has it decided, durably; a repetition gets the first outcome. `tell` is called once, on the call's
  /// loop.
  func begin(_ tell: @escaping (Result<Outcome, RPCError>) -> Void) {
    self.tell = tell
    calls.store.begin(self)
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

  override func takeEffect(in batch: Batch) throws(StoreError) -> Bool {
    let result = try calls.state[batch].change(batch, calls.limits, decide)
    decision = result
    if case .failure = result { return false }
    return true
  }

  override var keptAnswer: [UInt8] {
    guard case .success(let outcome)? = decision else { return [] }
    return keep.encode(outcome)
  }

  override func decided() {
    switch decision {
    case .success(let outcome): answer(.success(outcome))
    case .failure(let refusal): failed(refusal.error(in: kind))
    case nil: failed(RPCError(.internal, "a decision without an outcome"))
    }
  }

  override func repeated(_ kept: [UInt8]) {
    do {
      answer(.success(try keep.decode(kept)))
    } catch {
      failed(StoreError.corrupt("a kept answer can't be read: \(error)").rpcError)
    }
  }

  override func failed(_ error: RPCError) { answer(.failure(error)) }

  private func answer(_ result: Result<Outcome, RPCError>) { tell.take()?(result) }
}
