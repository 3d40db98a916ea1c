// Calls: how the services of capabilities reach their states in the store. One call is one command of
// the store's writer, whatever the capability.
//
// It imports RPC and Store, which know nothing of each other, and knows no capability.

internal import Crypto
public import Messages
public import RPC
public import Store

/// The calls of services to the states of a store.
public struct StoreCalls: Sendable {
  /// The store.
  public let store: DurableStore

  /// The calls to `store`.
  public init(_ store: DurableStore) { self.store = store }

  /// About how many rows a change writes where nobody knows better.
  public static let usualRows = 4

  /// A call that changes something.
  public struct Change {
    let context: ServerContext
    let key: RequestKey
    let rows: Int

    /// A call of `method`, which is unique among those that a store is called by, about data of
    /// `business`; it writes about so many rows. On the call's loop only.
    public init(
      _ request: some RepeatableRequest, _ method: String, of business: String,
      _ context: ServerContext, rows: Int = usualRows
    ) throws(RPCError) {
      self.context = context
      self.rows = rows
      key = RequestKey(
        caller: try context.principal, business: business, method: method,
        requestID: request.requestID, bodyHash: try StoreCalls.hash(of: request, context))
    }

    /// A call that can't be repeated.
    public init(
      unrepeatable method: String, of business: String, _ context: ServerContext,
      rows: Int = usualRows
    ) throws(RPCError) {
      self.context = context
      self.rows = rows
      key = RequestKey(
        caller: try context.principal, business: business, method: method, requestID: "",
        bodyHash: [])
    }
  }

  /// What a state decided.
  public enum Decision<Value: Sendable>: Sendable {
    /// It took effect, or the question has this answer.
    case took(Value)
    /// Nothing has changed. The error is made only when it is told, and not on the writer's thread.
    case refused(@Sendable () -> RPCError)
  }

  /// Decides a call that changes something, durably; a repetition gets the first answer.
  /// `decide` runs on the writer's thread.
  public func change<Response: Message>(
    _ call: Change,
    _ decide: @escaping @Sendable (Batch) throws(StoreError) -> Decision<Response>
  ) async throws(RPCError) -> Response {
    let answer: Answer<Decision<Response>>
    do throws(StoreError) {
      answer = try await store.execute(
        request: call.key, deadline: deadline(of: call.context), rows: call.rows,
        encode: { if case .took(let response) = $0 { response.keptBytes } else { [] } },
        decode: { .took(try Response(decoding: $0)) },
        isRefusal: { if case .refused = $0 { true } else { false } }, decide)
    } catch {
      throw error.rpcError
    }
    switch answer {
    case .fresh(let decision), .repeated(let decision): return try Self.unwrap(decision)
    case .conflict: throw Self.requestIDReused
    case .tooOld: throw Self.requestIDTooOld
    }
  }

  /// Decides a change that is safe to repeat by itself, durably.
  public func change<Value: Sendable>(
    _ context: ServerContext, rows: Int,
    _ decide: @escaping @Sendable (Batch) throws(StoreError) -> Value
  ) async throws(RPCError) -> Value {
    let principal = try context.principal
    do throws(StoreError) {
      return try await store.execute(
        caller: principal, deadline: deadline(of: context), rows: rows, decide)
    } catch {
      throw error.rpcError
    }
  }

  /// Answers a question from the states as they are after everything that was acknowledged. `answer` runs
  /// on the writer's thread and changes nothing.
  public func ask<Value: Sendable>(
    _ context: ServerContext,
    _ answer: @escaping @Sendable (Batch) throws(StoreError) -> Decision<Value>
  ) async throws(RPCError) -> Value {
    let principal = try context.principal
    let decision: Decision<Value>
    do throws(StoreError) {
      decision = try await store.ask(caller: principal, deadline: deadline(of: context), answer)
    } catch {
      throw error.rpcError
    }
    return try Self.unwrap(decision)
  }

  /// Reads one snapshot of the tables.
  public func read<Value: Sendable>(
    _ context: ServerContext,
    _ body: @escaping @Sendable (ReadConnection) throws(StoreError) -> Value
  ) async throws(RPCError) -> Value {
    let principal = try context.principal
    do throws(StoreError) { return try await store.read(caller: principal, body) } catch {
      throw error.rpcError
    }
  }

  private static func unwrap<Value>(_ decision: Decision<Value>) throws(RPCError) -> Value {
    switch decision {
    case .took(let value): return value
    case .refused(let error): throw error()
    }
  }

  // MARK: - Parts of a call

  /// How long the store may take to decide a call.
  func deadline(of context: ServerContext) -> BootTime? {
    context.timeLeft.map { store.boot + $0 }
  }

  /// What a repetition has to equal: the request without its id. On the call's loop only.
  ///
  /// The request is encoded again instead of taken as it came: one that says the same in another order
  /// of its fields, or says what this server doesn't know, asks for nothing else.
  private static func hash(
    of request: some RepeatableRequest, _ context: ServerContext
  ) throws(RPCError) -> [UInt8] {
    guard request.requestID.utf8.count <= requestIDBytes else {
      throw RPCError.invalid(
        field: "request_id", "up to \(requestIDBytes) bytes", reason: "REQUEST_ID_TOO_LONG")
    }
    guard request.isRepeatable else { return [] }
    var body = request
    body.requestID = ""
    do throws(EncodingFailure) {
      let hasher = context.local { SHA256() }
      return try context.withEncoded(body) { hasher.hash($0) }
    } catch {
      throw RPCError(.internal, "the request can't be encoded again")
    }
  }

  /// A UUID has 36; the rest is for those who put more into it.
  static let requestIDBytes = 128

  static let requestIDReused = RPCError(
    .alreadyExists, reason: "REQUEST_ID_REUSED", "this request_id was used with another request",
    metadata: ["field": "request_id"])

  static let requestIDTooOld = RPCError(
    .failedPrecondition, reason: "REQUEST_ID_TOO_OLD",
    "this request_id is older than what is remembered", metadata: ["field": "request_id"])
}
