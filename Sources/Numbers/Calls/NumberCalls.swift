internal import Calls
internal import Messages
internal import RPC
internal import Store

/// How the services reach the book: one call is one command of the store's writer.
struct NumberCalls: Sendable {
  let stored: StoreCalls
  let state: WriterConfined<NumberState>
  let limits: CapacityLimits

  var store: DurableStore { stored.store }

  init(_ store: DurableStore, _ limits: CapacityLimits) {
    stored = StoreCalls(store)
    self.limits = limits
    state = store.state(of: NumberState.self)
  }

  /// How what a call came to is kept for its repetitions.
  struct Keeping<Outcome: Sendable>: Sendable {
    /// Runs on the writer's thread.
    let encode: @Sendable (Outcome) -> [UInt8]
    let decode: @Sendable ([UInt8]) throws -> Outcome
  }

  /// Decides a call that changes something, durably; a repetition gets the first answer.
  func change<Response: Message>(
    _ call: StoreCalls.Change, _ kind: RefusedCall,
    _ decide: @escaping NumberChange<Response>.Decide
  ) async throws(RPCError) -> Response {
    try await NumberChange(call, kind, keep: .message(), self, decide).outcome()
  }

  /// Answers a question from the book, as it is after everything that was acknowledged.
  func ask<Value: Sendable>(
    _ context: ServerContext, _ kind: RefusedCall,
    _ decide: @escaping @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Value
  ) async throws(RPCError) -> Value {
    try await stored.ask(context) { [state] (batch) throws(StoreError) in
      switch try state[batch].ask(batch, decide) {
      case .success(let value): .took(value)
      case .failure(let refusal): .refused { refusal.error(in: kind) }
      }
    }
  }
}
