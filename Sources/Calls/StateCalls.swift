public import Messages
public import RPC
public import Store

/// Why a capability refuses a call, as its client is told.
public protocol StateRefusal: Error {
  /// Status, reason and details.
  var rpcError: RPCError { get }
}

/// The calls of a service to its state in the store: `StoreCalls`, where what the state refuses is of
/// one type. One call is one command of the store's writer.
public struct StateCalls<State: WriterState, Refusal: StateRefusal>: Sendable {
  /// The calls to the store.
  public let stored: StoreCalls
  private let state: WriterConfined<State>

  /// The store.
  public var store: DurableStore { stored.store }

  /// The calls to the state of a store that was opened with it.
  public init(_ store: DurableStore) {
    stored = StoreCalls(store)
    state = store.state(of: State.self)
  }

  /// Decides on the writer's thread.
  public typealias Decide<Value> =
    @Sendable (State, Batch) throws(StateFailure<Refusal>) -> Value

  /// Decides a call that changes something, durably; a repetition gets the first answer.
  public func change<Response: Message>(
    _ call: StoreCalls.Change, _ decide: @escaping Decide<Response>
  ) async throws(RPCError) -> Response {
    try await stored.change(call) { [state] (batch) throws(StoreError) in
      switch try Self.decide(state[batch], batch, decide) {
      case .success(let response): .took(response)
      case .failure(let refusal): .refused { refusal.rpcError }
      }
    }
  }

  /// Decides a change that is safe to repeat by itself; a refusal is a value.
  public func change<Value: Sendable>(
    _ context: ServerContext, rows: Int, _ decide: @escaping Decide<Value>
  ) async throws(RPCError) -> Result<Value, Refusal> {
    try await stored.change(context, rows: rows) { [state] (batch) throws(StoreError) in
      try Self.decide(state[batch], batch, decide)
    }
  }

  /// Answers a question from the state, as it is after everything that was acknowledged.
  public func ask<Value: Sendable>(
    _ context: ServerContext, _ answer: @escaping Decide<Value>
  ) async throws(RPCError) -> Value {
    try await stored.ask(context) { [state] (batch) throws(StoreError) in
      switch try Self.decide(state[batch], batch, answer) {
      case .success(let value): .took(value)
      case .failure(let refusal): .refused { refusal.rpcError }
      }
    }
  }

  /// Reads one snapshot of the tables.
  public func read<Value: Sendable>(
    _ context: ServerContext,
    _ body: @escaping @Sendable (ReadConnection) throws(StoreError) -> Value
  ) async throws(RPCError) -> Value {
    try await stored.read(context, body)
  }

  private static func decide<Value>(
    _ state: State, _ batch: Batch, _ decide: Decide<Value>
  ) throws(StoreError) -> Result<Value, Refusal> {
    do throws(StateFailure<Refusal>) {
      return .success(try decide(state, batch))
    } catch {
      switch error {
      case .refused(let refusal): return .failure(refusal)
      case .store(let error): throw error
      }
    }
  }
}
