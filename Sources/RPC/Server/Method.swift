internal import Messages

/// Runs a method's handler once its request, or the stream of it, is there.
protocol MethodHandler: AnyObject, Sendable {
  func run(_ call: ServerCall)
}

/// A method that can be called: its name and how its handler is run.
final class Method: Sendable {
  let service: StaticString
  let name: StaticString
  let streamsRequests: Bool
  // An object, so that to run it a call retains nothing but the method.
  let handler: any MethodHandler
  /// `/service/name`, as `:path` has it.
  let path: [UInt8]

  init(
    service: StaticString, name: StaticString, streamsRequests: Bool, handler: any MethodHandler
  ) {
    self.service = service
    self.name = name
    self.streamsRequests = streamsRequests
    self.handler = handler
    path = Array("/\(service)/\(name)".utf8)
  }
}

/// In a task on the call's loop.
final class AsyncHandler: MethodHandler {
  private let body: @Sendable (ServerCall) async -> Void

  init(_ body: @escaping @Sendable (ServerCall) async -> Void) { self.body = body }

  func run(_ call: ServerCall) { call.startTask(body) }
}

/// At once: it never waits.
final class ImmediateHandler<Request: Message, Response: Message>: MethodHandler {
  private let body: @Sendable (Request, ServerContext) throws(RPCError) -> Response

  init(_ body: @escaping @Sendable (Request, ServerContext) throws(RPCError) -> Response) {
    self.body = body
  }

  func run(_ call: ServerCall) {
    do throws(RPCError) {
      let request = try call.takeRequest(Request.self)
      call.handlerReturned(try body(request, ServerContext(call: call)))
    } catch {
      call.handlerReturned(error)
    }
  }
}

/// At once where `attempt` has the answer ready, else as `otherwise` does.
final class AttemptingHandler<Request: Message, Response: Message>: MethodHandler {
  private let attempt: Router.Attempt<Request, Response>
  private let otherwise: any MethodHandler

  init(_ attempt: @escaping Router.Attempt<Request, Response>, otherwise: any MethodHandler) {
    self.attempt = attempt
    self.otherwise = otherwise
  }

  func run(_ call: ServerCall) {
    if !call.answerAtOnce(attempt) { otherwise.run(call) }
  }
}

/// Without a task: `body` begins something that answers later.
final class DeferringHandler<Request: Message, Response: Message>: MethodHandler {
  private let body: Router.Deferral<Request, Response>

  init(_ body: @escaping Router.Deferral<Request, Response>) { self.body = body }

  func run(_ call: ServerCall) {
    do throws(RPCError) {
      let request = try call.takeRequest(Request.self)
      body(request, ServerContext(call: call), UnaryReply(call: call))
    } catch {
      call.handlerReturned(error)
    }
  }
}
