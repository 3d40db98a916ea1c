internal import Crypto
internal import Messages
internal import RPC
internal import Store

/// How the services reach the book: one call is one command of the store's writer.
struct NumberCalls: Sendable {
  let store: DurableStore
  let state: WriterConfined<NumberState>
  let limits: CapacityLimits

  init(_ store: DurableStore, _ limits: CapacityLimits) {
    self.store = store
    self.limits = limits
    state = store.state(of: NumberState.self)
  }

  /// A call that changes something.
  struct Change {
    var context: ServerContext
    /// The method's name, unique among the services of this module.
    var method: String
    var kind: RefusedCall
    var business: String
    var requestID: String
    /// About how many rows it writes.
    var rows = 1
  }

  /// How what a call came to is kept for its repetitions.
  struct Keeping<Outcome: Sendable>: Sendable {
    /// Runs on the writer's thread.
    let encode: @Sendable (Outcome) -> [UInt8]
    let decode: @Sendable ([UInt8]) throws -> Outcome
  }

  /// Decides a call that changes something, durably; a repetition gets the first answer. `body` is
  /// the request without its id.
  func change<Response: Message>(
    _ call: Change, body: some Message,
    _ decide: @escaping @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Response
  ) async throws(RPCError) -> Response {
    try await change(call, body: body, keep: .message(), decide)
  }

  /// The same for a call whose outcome isn't yet its response, and kept in another form.
  func change<Outcome: Sendable>(
    _ call: Change, body: some Message, keep: Keeping<Outcome>,
    _ decide: @escaping @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Outcome
  ) async throws(RPCError) -> Outcome {
    guard call.requestID.utf8.count <= Limits.requestIDBytes else {
      throw Refusal.requestIDTooLong.error(in: call.kind)
    }
    let key = try RequestKey(
      caller: call.context.principal, business: call.business, method: call.method,
      requestID: call.requestID, bodyHash: call.requestID.isEmpty ? [] : hash(body))
    let answer: Answer<Result<Outcome, Refusal>>
    do throws(StoreError) {
      answer = try await store.execute(
        request: key, deadline: deadline(of: call.context), rows: call.rows,
        // Refusals aren't remembered.
        encode: { if case .success(let outcome) = $0 { keep.encode(outcome) } else { [] } },
        decode: { .success(try keep.decode($0)) },
        isRefusal: { if case .failure = $0 { true } else { false } }
      ) { [state, limits] (batch) throws(StoreError) in
        try state[batch].change(batch, limits, decide)
      }
    } catch {
      throw error.rpcError
    }
    switch answer {
    case .fresh(let result), .repeated(let result): return try unwrap(result, call.kind)
    case .conflict:
      throw RPCError(
        .alreadyExists, reason: "REQUEST_ID_REUSED",
        "this request_id was used with another request", metadata: ["field": "request_id"])
    case .tooOld:
      throw RPCError(
        .failedPrecondition, reason: "REQUEST_ID_TOO_OLD",
        "this request_id is older than what is remembered", metadata: ["field": "request_id"])
    }
  }

  /// Answers a question from the book, as it is after everything that was acknowledged.
  func ask<Value: Sendable>(
    _ context: ServerContext, _ kind: RefusedCall,
    _ decide: @escaping @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Value
  ) async throws(RPCError) -> Value {
    let principal = try context.principal
    let result: Result<Value, Refusal>
    do throws(StoreError) {
      result = try await store.ask(caller: principal, deadline: deadline(of: context)) {
        [state] (batch) throws(StoreError) in
        try state[batch].ask(batch, decide)
      }
    } catch {
      throw error.rpcError
    }
    return try unwrap(result, kind)
  }

  private func unwrap<Value>(
    _ result: Result<Value, Refusal>, _ kind: RefusedCall
  ) throws(RPCError) -> Value {
    switch result {
    case .success(let value): return value
    case .failure(let refusal): throw refusal.error(in: kind)
    }
  }

  private func deadline(of context: ServerContext) -> BootTime? {
    context.timeLeft.map { store.boot + $0 }
  }

  private func hash(_ body: some Message) throws(RPCError) -> [UInt8] {
    do throws(EncodingFailure) {
      return SHA256.hash(try body.encoded())
    } catch {
      throw RPCError(.internal, "the request can't be encoded again")
    }
  }
}
