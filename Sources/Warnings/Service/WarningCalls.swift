internal import Calls
internal import Messages
internal import Numbers
internal import RPC
internal import Store

/// How the service reaches the book: one call is one command of the store's writer.
struct WarningCalls: Sendable {
  let stored: StoreCalls
  let book: WriterConfined<WarningBook>

  var store: DurableStore { stored.store }

  init(_ store: DurableStore) {
    stored = StoreCalls(store)
    book = store.state(of: WarningBook.self)
  }

  /// About how many rows a change writes where nobody knows better.
  static let rows = 4

  typealias Decision<Value> = @Sendable (WarningBook, Batch) throws(WarningFailure) -> Value

  /// Decides a call that changes something, durably; a repetition gets the first answer. `body` is
  /// the request without its id.
  func change<Response: Message>(
    _ call: StoreCalls.Change, body: some Message, _ decide: @escaping Decision<Response>
  ) async throws(RPCError) -> Response {
    try await stored.change(call, body: body) { [book] (batch) throws(StoreError) in
      switch try Self.decide(book[batch], batch, decide) {
      case .success(let response): .took(response)
      case .failure(let refusal): .refused { refusal.rpcError }
      }
    }
  }

  /// Decides a change that is safe to repeat by itself; a refusal is a value.
  func change<Value: Sendable>(
    _ context: ServerContext, _ decide: @escaping Decision<Value>
  ) async throws(RPCError) -> Result<Value, WarningRefusal> {
    try await stored.change(context, rows: Self.rows) { [book] (batch) throws(StoreError) in
      try Self.decide(book[batch], batch, decide)
    }
  }

  /// Answers a question from the book, as it is after everything that was acknowledged.
  func ask<Value: Sendable>(
    _ context: ServerContext, _ answer: @escaping Decision<Value>
  ) async throws(RPCError) -> Value {
    try await stored.ask(context) { [book] (batch) throws(StoreError) in
      switch try Self.decide(book[batch], batch, answer) {
      case .success(let value): .took(value)
      case .failure(let refusal): .refused { refusal.rpcError }
      }
    }
  }

  /// Reads one snapshot of the tables.
  func read<Value: Sendable>(
    _ context: ServerContext,
    _ body: @escaping @Sendable (ReadConnection) throws(StoreError) -> Value
  ) async throws(RPCError) -> Value {
    try await stored.read(context, body)
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
}
