/// A method that can be called: its name and how its handler is run.
final class Method: Sendable {
  /// How a handler is run once its request, or the stream of it, is there.
  enum Handler: Sendable {
    /// In a task on the call's loop.
    case async(@Sendable (ServerCall) async -> Void)
    /// At once: it never waits.
    case immediate(@Sendable (ServerCall) -> Void)
    /// At once where the first says that it has answered, else in a task.
    case attempt(
      @Sendable (ServerCall) -> Bool, otherwise: @Sendable (ServerCall) async -> Void)
  }

  let service: StaticString
  let name: StaticString
  let streamsRequests: Bool
  let handler: Handler
  /// `/service/name`, as `:path` has it.
  let path: [UInt8]

  init(
    service: StaticString, name: StaticString, streamsRequests: Bool, handler: Handler
  ) {
    self.service = service
    self.name = name
    self.streamsRequests = streamsRequests
    self.handler = handler
    path = Array("/\(service)/\(name)".utf8)
  }
}
