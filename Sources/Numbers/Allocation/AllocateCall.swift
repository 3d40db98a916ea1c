internal import API
internal import Calls
internal import RPC
internal import Store

/// A call of Allocate. What `NumberChange` does for any call, for this one: so many come that what the
/// runtime spends on types it knows only then, a tenth of a call, is worth a class.
// @unchecked: as its superclass says.
final class AllocateCall: BookCall, TellingCall, @unchecked Sendable {
  typealias Outcome = KeptAnswer<HandedAnswer, AllocateResponse>

  private let command: AllocateCommand
  /// Whether it has a request id.
  let isRepeatable: Bool
  private let onLowSerials: @Sendable (LowSerials) -> Void
  private var answer: HandedAnswer?
  var caller: ((Result<Outcome, RPCError>) -> Void)?

  /// Whose numbers.
  var business: String { command.business }

  init(
    _ request: AllocateRequest, _ context: ServerContext, to calls: NumberCalls,
    _ onLowSerials: @escaping @Sendable (LowSerials) -> Void
  ) throws(RPCError) {
    command = try AllocateCommand(
      business: request.business, count: Int(request.count),
      caller: Caller(principal: context.principal, holder: request.holder),
      lease: AllocateCommand.LeaseChoice(request.lease))
    isRepeatable = !request.requestID.isEmpty
    self.onLowSerials = onLowSerials
    try super.init(
      StoreCalls.Change(
        request, "Allocate", of: request.business, context,
        rows: min(max(command.count, 1), Limits.numbersPerCall)),
      .allocate, to: calls)
  }

  override func decide(_ book: Book, _ now: Moment, _ rows: StoredRows) throws(Refusal) {
    let allocation = try book.allocate(command, at: now, rows: rows)
    if let low = allocation.low { onLowSerials(low) }
    answer = HandedAnswer(
      handed: allocation.handed, incarnation: book.incarnation, form: allocation.form)
  }

  override var keptAnswer: [UInt8] { answer?.kept ?? [] }

  override func tookEffect() {
    if let answer {
      tell(.success(.pieces(answer)))
    } else {
      failed(RPCError(.internal, "a decision without an outcome"))
    }
  }

  override func repeated(_ kept: [UInt8]) {
    do { tell(.success(try HandedAnswer.outcome(kept: kept))) } catch { damaged(error) }
  }

  override func failed(_ error: RPCError) { tell(.failure(error)) }
}
