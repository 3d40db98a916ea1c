internal import Crypto
internal import Messages
internal import Numbers
internal import RPC
internal import Store

/// How the service reaches the book: one call is one command of the store's writer.
struct WarningCalls: Sendable {
  let store: DurableStore
  let book: WriterConfined<WarningBook>

  init(_ store: DurableStore) {
    self.store = store
    book = store.state(of: WarningBook.self)
  }

  /// A call that changes something, and who makes it.
  struct Change {
    var context: ServerContext
    var method: String
    var business: String
    var requestID: String
    /// About how many rows it writes.
    var rows = 4
  }

  typealias Decision<Value> = @Sendable (WarningBook, Batch) throws(WarningFailure) -> Value

  /// Decides a call that changes something, durably; a repetition gets the first answer. `body` is
  /// the request without its id.
  func change<Response: Message>(
    _ call: Change, body: some Message, _ decide: @escaping Decision<Response>
  ) async throws(RPCError) -> Response {
    guard call.requestID.utf8.count <= WarningLimits.requestIDBytes else {
      throw WarningRefusal.requestIDTooLong.rpcError
    }
    let key = try RequestKey(
      caller: call.context.principal, business: call.business, method: call.method,
      requestID: call.requestID, bodyHash: call.requestID.isEmpty ? [] : hash(body))
    let answer: Answer<Result<Response, WarningRefusal>>
    do throws(StoreError) {
      answer = try await store.execute(
        request: key, deadline: deadline(of: call.context), rows: call.rows,
        encode: { Self.encode($0) }, decode: { .success(try Response(decoding: $0)) },
        isRefusal: { if case .failure = $0 { true } else { false } }
      ) { [book] (batch) throws(StoreError) in
        try Self.decide(book[batch], batch, decide)
      }
    } catch {
      throw error.rpcError
    }
    switch answer {
    case .fresh(let result), .repeated(let result): return try Self.unwrap(result)
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

  /// Decides a change that is safe to repeat by itself; a refusal is a value.
  func change<Value: Sendable>(
    _ context: ServerContext, rows: Int = 4, _ decide: @escaping Decision<Value>
  ) async throws(RPCError) -> Result<Value, WarningRefusal> {
    let principal = try context.principal
    do throws(StoreError) {
      return try await store.execute(
        caller: principal, deadline: deadline(of: context), rows: rows
      ) { [book] (batch) throws(StoreError) in
        try Self.decide(book[batch], batch, decide)
      }
    } catch {
      throw error.rpcError
    }
  }

  /// Answers a question from the book, as it is after everything that was acknowledged.
  func ask<Value: Sendable>(
    _ context: ServerContext, _ answer: @escaping Decision<Value>
  ) async throws(RPCError) -> Value {
    let principal = try context.principal
    let result: Result<Value, WarningRefusal>
    do throws(StoreError) {
      result = try await store.ask(caller: principal, deadline: deadline(of: context)) {
        [book] (batch) throws(StoreError) in
        try Self.decide(book[batch], batch, answer)
      }
    } catch {
      throw error.rpcError
    }
    return try Self.unwrap(result)
  }

  /// Reads one snapshot of the tables.
  func read<Value: Sendable>(
    _ context: ServerContext,
    _ body: @escaping @Sendable (ReadConnection) throws(StoreError) -> Value
  ) async throws(RPCError) -> Value {
    let principal = try context.principal
    do throws(StoreError) { return try await store.read(caller: principal, body) } catch {
      throw error.rpcError
    }
  }

  private static func decide<Value>(
    _ book: WarningBook, _ batch: Batch, _ decide: Decision<Value>
  ) throws(StoreError) -> Result<Value, WarningRefusal> {
    do throws(WarningFailure) {
      return .success(try decide(book, batch))
    } catch {
      switch error {
      case .refused(let refusal): return .failure(refusal)
      case .store(let error): throw error
      }
    }
  }

  static func unwrap<Value>(_ result: Result<Value, WarningRefusal>) throws(RPCError) -> Value {
    switch result {
    case .success(let value): return value
    case .failure(let refusal): throw refusal.rpcError
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

  private static func encode<Response: Message>(
    _ result: Result<Response, WarningRefusal>
  ) -> [UInt8] {
    guard case .success(let response) = result else { return [] }
    return (try? response.encoded()) ?? []
  }
}
