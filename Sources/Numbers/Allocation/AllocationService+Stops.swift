public import API
internal import Calls
internal import Messages
public import RPC

// What an operator stops and resumes.
extension AllocationService {
  /// Stops the generator of a pool.
  public func stopGeneration(
    _ request: StopGenerationRequest, context: ServerContext
  ) async throws(RPCError) -> StopGenerationResponse {
    try await decide(
      request, "StopGeneration", context, .stop, .generation
    ) { StopGenerationResponse(pool: $0, changed: $1, repeatable: request.isRepeatable) }
  }

  /// Takes the operator's stop of a generator back.
  public func resumeGeneration(
    _ request: ResumeGenerationRequest, context: ServerContext
  ) async throws(RPCError) -> ResumeGenerationResponse {
    try await decide(
      request, "ResumeGeneration", context, .resume(liftWarnings: request.liftWarnings), .generation
    ) { ResumeGenerationResponse(pool: $0, changed: $1, repeatable: request.isRepeatable) }
  }

  /// Stops a business.
  public func stopBusiness(
    _ request: StopBusinessRequest, context: ServerContext
  ) async throws(RPCError) -> StopBusinessResponse {
    try await decide(
      request, "StopBusiness", context, .stop, .business
    ) { StopBusinessResponse(pool: $0, changed: $1, repeatable: request.isRepeatable) }
  }

  /// Takes the operator's stop of a business back.
  public func resumeBusiness(
    _ request: ResumeBusinessRequest, context: ServerContext
  ) async throws(RPCError) -> ResumeBusinessResponse {
    try await decide(
      request, "ResumeBusiness", context, .resume(liftWarnings: request.liftWarnings), .business
    ) { ResumeBusinessResponse(pool: $0, changed: $1, repeatable: request.isRepeatable) }
  }

  private enum Turn: Sendable {
    case stop
    case resume(liftWarnings: Bool)
  }

  private func decide<Response: Message>(
    _ request: some StopRequest, _ method: String, _ context: ServerContext, _ turn: Turn,
    _ target: PoolSwitch, _ respond: @escaping @Sendable (API.Pool, _ changed: Bool) -> Response
  ) async throws(RPCError) -> Response {
    let command = try StopCommand(
      business: request.business, target: target, principal: context.principal,
      reason: request.reason)
    let change = try StoreCalls.Change(request, method, of: request.business, context, rows: 1)
    return try await calls.change(change, .read) { (book, now, rows) throws(Refusal) in
      let outcome =
        switch turn {
        case .stop: try book.stop(command, at: now, rows: rows)
        case .resume(let liftWarnings):
          try book.resume(command, liftWarnings: liftWarnings, at: now, rows: rows)
        }
      return respond(API.Pool(outcome.pool), outcome.changed)
    }
  }
}

/// What the four have in common.
private protocol StopRequest: RepeatableRequest {
  var business: String { get }
  var reason: String { get }
}
extension StopGenerationRequest: StopRequest {}
extension ResumeGenerationRequest: StopRequest {}
extension StopBusinessRequest: StopRequest {}
extension ResumeBusinessRequest: StopRequest {}
