internal import Synchronization

/// `grpc.health.v1.Health`: says which services take calls. The empty name stands for the server as a
/// whole, and serves from the start.
public final class HealthService: HealthProtocol {
  /// What is said of a service.
  public typealias Status = HealthCheckResponse.ServingStatus

  private let board = Mutex(HealthBoard())

  /// The most services that `List` answers for, so that its answer fits into a message.
  static let listedServices = 100

  /// Health in which only the server itself is known, as serving.
  public init() {}

  /// Says how `service` is from now on; without effect after `shutdown`.
  public func set(_ service: String, _ status: Status) {
    wake(board.withLock { $0.set(service, status) })
  }

  /// Says for good that nothing is served any more, and ends every `Watch` after that.
  public func shutdown() {
    wake(board.withLock { $0.shutDown() })
  }

  /// Makes the router send this service's calls here: as generated code would, but that `Check` never
  /// waits, and load balancers call it often.
  public func register(with router: inout Router) {
    let name: StaticString = "grpc.health.v1.Health"
    router.describe(file: GrpcHealthV1HealthDescriptor.file, services: ["\(name)"])
    router.immediate(service: name, method: "Check") {
      (request: HealthCheckRequest, _) throws(RPCError) -> HealthCheckResponse in
      try self.check(request)
    }
    router.unary(service: name, method: "List") {
      (request: HealthListRequest, context: ServerContext)
        async throws(RPCError) -> HealthListResponse in
      try await self.list(request, context: context)
    }
    router.serverStreaming(service: name, method: "Watch") {
      (
        request: HealthCheckRequest, responses: ResponseWriter<HealthCheckResponse>,
        context: ServerContext
      ) async throws(RPCError) in
      try await self.watch(request, responses: responses, context: context)
    }
  }

  public func check(
    _ request: HealthCheckRequest, context: ServerContext
  ) async throws(RPCError) -> HealthCheckResponse {
    try check(request)
  }

  private func check(_ request: HealthCheckRequest) throws(RPCError) -> HealthCheckResponse {
    guard let status = board.withLock({ $0.statuses[request.service] }) else {
      throw RPCError(.notFound, "the service \(request.service) is not known")
    }
    return HealthCheckResponse(status: status)
  }

  public func list(
    _ request: HealthListRequest, context: ServerContext
  ) async throws(RPCError) -> HealthListResponse {
    let statuses = board.withLock { $0.statuses }
    guard statuses.count <= Self.listedServices else {
      throw RPCError(.resourceExhausted, "there are more than \(Self.listedServices) services")
    }
    return HealthListResponse(statuses: statuses.mapValues { HealthCheckResponse(status: $0) })
  }

  public func watch(
    _ request: HealthCheckRequest, responses: ResponseWriter<HealthCheckResponse>,
    context: ServerContext
  ) async throws(RPCError) {
    var last: Status?
    while true {
      switch await next(request.service, after: last) {
      case .status(let status):
        try await responses.write(HealthCheckResponse(status: status))
        last = status
      case .shutDown: throw .serverStopping
      case .cancelled: throw .cancelled
      }
    }
  }

  private enum Change {
    case status(Status)
    case shutDown
    case cancelled
  }

  /// Waits until the status differs from `last`.
  private func next(_ service: String, after last: Status?) async -> Change {
    let ticket = board.withLock { $0.takeTicket() }
    while !Task.isCancelled {
      let (status, isShutDown) = board.withLock { ($0.watchedStatus(service), $0.isShutDown) }
      if status != last { return .status(status) }
      if isShutDown { return .shutDown }
      await withTaskCancellationHandler {
        await withUnsafeContinuation { continuation in
          // The task may have been cancelled, or the status changed, since it was looked at.
          let mustWait = board.withLock { board in
            guard !Task.isCancelled, !board.isShutDown, board.watchedStatus(service) == last else {
              return false
            }
            board.watchers[ticket] = HealthBoard.Watcher(
              service: service, continuation: continuation)
            return true
          }
          if !mustWait { continuation.resume() }
        }
      } onCancel: {
        board.withLock { $0.watchers.removeValue(forKey: ticket) }?.continuation.resume()
      }
    }
    return .cancelled
  }

  private func wake(_ watchers: [HealthBoard.Watcher]) {
    for watcher in watchers { watcher.continuation.resume() }
  }
}
