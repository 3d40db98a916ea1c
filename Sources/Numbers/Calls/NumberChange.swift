internal import Calls
internal import Messages
internal import RPC
internal import Store

/// A call that changes something of a pool, from its request to what it came to.
// @unchecked: as its superclass says.
final class NumberChange<Outcome: Sendable>: BookCall, TellingCall, @unchecked Sendable {
  typealias Decide = @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Outcome

  private let keep: NumberCalls.Keeping<Outcome>
  private let body: Decide
  private var outcome: Outcome?
  var caller: ((Result<Outcome, RPCError>) -> Void)?

  init(
    _ change: StoreCalls.Change, _ kind: RefusedCall, keep: NumberCalls.Keeping<Outcome>,
    _ calls: NumberCalls, _ decide: @escaping Decide
  ) {
    self.keep = keep
    self.body = decide
    super.init(change, kind, to: calls)
  }

  override func decide(_ book: Book, _ now: Moment, _ rows: StoredRows) throws(Refusal) {
    outcome = try body(book, now, rows)
  }

  override var keptAnswer: [UInt8] { outcome.map(keep.encode) ?? [] }

  override func tookEffect() {
    if let outcome {
      tell(.success(outcome))
    } else {
      failed(RPCError(.internal, "a decision without an outcome"))
    }
  }

  override func repeated(_ kept: [UInt8]) {
    do { tell(.success(try keep.decode(kept))) } catch { damaged(error) }
  }

  override func failed(_ error: RPCError) { tell(.failure(error)) }
}
