public import Messages

/// The methods that a server has. Generated service protocols register theirs with it.
public struct Router: Sendable {
  private(set) var methods: [Method] = []
  private(set) var files: [FileDescription] = []
  private(set) var services: [String] = []

  /// No methods.
  public init() {}

  /// Adds a method of one request and one response.
  public mutating func unary<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler: @escaping @Sendable (Request, ServerContext) async throws(RPCError) -> Response
  ) {
    add(service, method) { (call) async -> Void in
      do throws(RPCError) {
        let request = try call.takeRequest(Request.self)
        let response = try await handler(request, ServerContext(call: call))
        call.handlerReturned(response)
      } catch {
        call.handlerReturned(error)
      }
    }
  }

  /// Adds a method of one request and one response whose handler never waits.
  public mutating func immediate<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler: @escaping @Sendable (Request, ServerContext) throws(RPCError) -> Response
  ) {
    add(
      Method(
        service: service, name: method, streamsRequests: false, handler: ImmediateHandler(handler)))
  }

  /// Hands its answer to the last argument, once and before it returns; or has none ready, and lets
  /// it be.
  // It doesn't return an optional: here, where the type isn't known, the runtime would have to look
  // up what its optional is, at each call. Measured: 1.1k instructions.
  public typealias Attempt<Request: Message, Response: Message> =
    @Sendable (Request, ServerContext, (Response) -> Void) -> Void

  /// Lets `attempt` answer calls of a registered method of one request and one response before its
  /// handler is started. It runs on the call's loop and must not wait; where it has no answer ready
  /// the handler takes the call. It spares the task that a handler needs.
  public mutating func answerAtOnce<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    attempt: @escaping Attempt<Request, Response>
  ) {
    replaceHandler(service, method) { AttemptingHandler(attempt, otherwise: $0) }
  }

  /// Begins what answers a call, and sees to it that the last argument is told.
  public typealias Deferral<Request: Message, Response: Message> =
    @Sendable (Request, ServerContext, UnaryReply<Response>) -> Void

  /// Has calls of a registered method of one request and one response begun by `begin` in place of its
  /// handler. It runs on the call's loop and must not wait: what it begins answers later. It spares the
  /// task that a handler needs, which is worth it where a handler would wait once, for one thing.
  public mutating func answerLater<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, begin: @escaping Deferral<Request, Response>
  ) {
    replaceHandler(service, method) { _ in DeferringHandler(begin) }
  }

  private mutating func replaceHandler(
    _ service: StaticString, _ method: StaticString,
    by make: (any MethodHandler) -> any MethodHandler
  ) {
    let path = Array("/\(service)/\(method)".utf8)
    guard let place = methods.firstIndex(where: { $0.path == path && !$0.streamsRequests })
    else { preconditionFailure("there is no method \(service)/\(method) with a handler") }
    methods[place] = Method(
      service: service, name: method, streamsRequests: false, handler: make(methods[place].handler))
  }

  /// Adds a method of one request and a stream of responses.
  public mutating func serverStreaming<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler:
      @escaping @Sendable (Request, ResponseWriter<Response>, ServerContext)
      async throws(RPCError) -> Void
  ) {
    add(service, method) { (call) async -> Void in
      do throws(RPCError) {
        let request = try call.takeRequest(Request.self)
        try await handler(request, ResponseWriter(call: call), ServerContext(call: call))
        call.handlerReturned(nil)
      } catch {
        call.handlerReturned(error)
      }
    }
  }

  /// Adds a method of a stream of requests and one response.
  public mutating func clientStreaming<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler:
      @escaping @Sendable (RequestStream<Request>, ServerContext)
      async throws(RPCError) -> Response
  ) {
    add(service, method, streamsRequests: true) { (call) async -> Void in
      do throws(RPCError) {
        let response = try await handler(RequestStream(call: call), ServerContext(call: call))
        call.handlerReturned(response)
      } catch {
        call.handlerReturned(error)
      }
    }
  }

  /// Adds a method with a stream each way.
  public mutating func bidirectional<Request: Message, Response: Message>(
    service: StaticString, method: StaticString,
    handler:
      @escaping @Sendable (RequestStream<Request>, ResponseWriter<Response>, ServerContext)
      async throws(RPCError) -> Void
  ) {
    add(service, method, streamsRequests: true) { (call) async -> Void in
      do throws(RPCError) {
        try await handler(
          RequestStream(call: call), ResponseWriter(call: call), ServerContext(call: call))
        call.handlerReturned(nil)
      } catch {
        call.handlerReturned(error)
      }
    }
  }

  /// Tells reflection about a file, and which services are served from it. The files that it imports
  /// have to be described, too, in any order.
  public mutating func describe(file: FileDescription, services: [String]) {
    files.append(file)
    self.services += services
  }

  private mutating func add(
    _ service: StaticString, _ method: StaticString, streamsRequests: Bool = false,
    _ run: @escaping @Sendable (ServerCall) async -> Void
  ) {
    add(
      Method(
        service: service, name: method, streamsRequests: streamsRequests,
        handler: AsyncHandler(run)))
  }

  private mutating func add(_ method: Method) {
    precondition(
      !methods.contains { $0.path == method.path },
      "the method \(method.service)/\(method.name) is registered twice")
    methods.append(method)
  }
}
