public import EventLoop
public import Messages

/// What a handler knows of its call.
public struct ServerContext: Sendable {
  /// The request's metadata.
  public var metadata: Metadata { preconditionFailure("not yet") }
  /// The full method name, e.g. `orderwire.v1.AllocationService/Allocate`.
  public var method: String { preconditionFailure("not yet") }
  /// When the client stops waiting, if it said so.
  public var deadline: MonotonicTime? { preconditionFailure("not yet") }
  /// Whether the answer is wanted no more.
  public var isCancelled: Bool { preconditionFailure("not yet") }
  /// The loop that the call lives on.
  public var loop: Loop { preconditionFailure("not yet") }
}

/// The messages of a request, each taken when it is asked for.
public struct RequestStream<Element: Message>: AsyncSequence, Sendable {
  public typealias Failure = RPCError
  /// Takes one message after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    /// The next message, nil after the last.
    public mutating func next() async throws(RPCError) -> Element? {
      preconditionFailure("not yet")
    }
    /// The next message, nil after the last.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(RPCError) -> Element? { preconditionFailure("not yet") }
  }
  /// Starts to take messages.
  public func makeAsyncIterator() -> AsyncIterator { preconditionFailure("not yet") }
}

/// Where a handler writes the messages of its response.
public struct ResponseWriter<Element: Message>: Sendable {
  /// Sends a message; waits while more is queued than the client takes.
  public func write(_ message: Element) async throws(RPCError) { preconditionFailure("not yet") }
}

/// The methods that a server has.
public struct Router: Sendable {
  /// No methods.
  public init() {}

  /// Adds a method of one request and one response.
  public mutating func unary<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler: @escaping @Sendable (Request, ServerContext) async throws(RPCError) -> Response
  ) {}

  /// Adds a method of one request and a stream of responses.
  public mutating func serverStreaming<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler:
      @escaping @Sendable (Request, ResponseWriter<Response>, ServerContext)
      async throws(RPCError) -> Void
  ) {}

  /// Adds a method of a stream of requests and one response.
  public mutating func clientStreaming<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler:
      @escaping @Sendable (RequestStream<Request>, ServerContext)
      async throws(RPCError) -> Response
  ) {}

  /// Adds a method with a stream each way.
  public mutating func bidirectional<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler:
      @escaping @Sendable (RequestStream<Request>, ResponseWriter<Response>, ServerContext)
      async throws(RPCError) -> Void
  ) {}

  /// Tells reflection about a file: its serialized `FileDescriptorProto`, and the services that are
  /// served from it. Imports of a file are described too, in any order.
  public mutating func describe(file: [UInt8], services: [String]) {}
}

/// How a client makes a call.
public struct CallOptions: Sendable {
  /// How long the client waits.
  public var timeout: Duration?
  /// What is sent beside the request.
  public var metadata: Metadata

  /// Options; by default no timeout and no metadata.
  public init(timeout: Duration? = nil, metadata: Metadata = Metadata()) {
    self.timeout = timeout
    self.metadata = metadata
  }
}

/// A connection to a server, for any number of calls at a time.
public final class ClientChannel: Sendable {
  /// Makes a call of one request and one response.
  public func unary<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, _ request: Request,
    options: CallOptions = CallOptions()
  ) async throws(RPCError) -> Response { preconditionFailure("not yet") }

  /// Makes a call of one request and a stream of responses.
  public func serverStreaming<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, _ request: Request,
    options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStream<Request, Response> { preconditionFailure("not yet") }

  /// Makes a call of a stream of requests and one response: `send`, then `response()`.
  public func clientStreaming<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStream<Request, Response> { preconditionFailure("not yet") }

  /// Makes a call with a stream each way.
  public func bidirectional<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStream<Request, Response> { preconditionFailure("not yet") }
}

/// A call whose messages are sent and taken one by one.
public struct ClientStream<Request: Message, Response: Message>: Sendable {
  /// Sends a message; waits while more is queued than the server takes.
  public func send(_ message: Request) async throws(RPCError) { preconditionFailure("not yet") }
  /// Says that no more messages come.
  public func endSending() { preconditionFailure("not yet") }
  /// The next message of the response, nil after the last.
  public func next() async throws(RPCError) -> Response? { preconditionFailure("not yet") }
  /// Ends sending and takes the only response.
  public func response() async throws(RPCError) -> Response { preconditionFailure("not yet") }
  /// Ends the call.
  public func cancel() { preconditionFailure("not yet") }
}
