internal import Calls
internal import Messages
internal import RPC
internal import Store

/// A call that changes something of a pool, from its request to what it came to.
// @unchecked: as its superclass says.
final class NumberChange<Outcome: Sendable>: BookCall, @unchecked Sendable {
  typealias Decide = @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Outcome

  private let keep: NumberCalls.Keeping<Outcome>
  private let body: Decide
  private var outcome: Outcome?
  private var tell: ((Result<Outcome, RPCError>) -> Void)?

  init(
    _ change: StoreCalls.Change, _ kind: RefusedCall, keep: NumberCalls.Keeping<Outcome>,
    _ calls: NumberCalls, _ decide: @escaping Decide
  ) {
    self.keep = keep
    self.body = decide
    super.init(change, kind, to: calls)
  }

  /// Has it decided, durably; a repetition gets the first outcome. `tell` is called once, on the call's
  /// loop.
  func begin(_ tell: @escaping (Result<Outcome, RPCError>) -> Void) {
    self.tell = tell
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

  override func decide(_ book: Book, _ now: Moment, _ rows: StoredRows) throws(Refusal) {
    outcome = try body(book, now, rows)
  }

  override var keptAnswer: [UInt8] { outcome.map(keep.encode) ?? [] }

  override func tookEffect() {
    if let outcome {
      answer(.success(outcome))
    } else {
      failed(RPCError(.internal, "a decision without an outcome"))
    }
  }

  override func repeated(_ kept: [UInt8]) {
    do { answer(.success(try keep.decode(kept))) } catch { damaged(error) }
  }

  override func failed(_ error: RPCError) { answer(.failure(error)) }

  private func answer(_ result: Result<Outcome, RPCError>) { tell.take()?(result) }
}
