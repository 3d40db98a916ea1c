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
    var body = request
    body.requestID = ""
    return try await decide(
      change("StopGeneration", request.business, request.requestID, context), body: body,
      .stop, .generation, reason: request.reason
    ) { StopGenerationResponse(pool: $0, changed: $1, repeatable: !request.requestID.isEmpty) }
  }

  /// Takes the operator's stop of a generator back.
  public func resumeGeneration(
    _ request: ResumeGenerationRequest, context: ServerContext
  ) async throws(RPCError) -> ResumeGenerationResponse {
    var body = request
    body.requestID = ""
    return try await decide(
      change("ResumeGeneration", request.business, request.requestID, context), body: body,
      .resume(liftWarnings: request.liftWarnings), .generation, reason: request.reason
    ) { ResumeGenerationResponse(pool: $0, changed: $1, repeatable: !request.requestID.isEmpty) }
  }

  /// Stops a business.
  public func stopBusiness(
    _ request: StopBusinessRequest, context: ServerContext
  ) async throws(RPCError) -> StopBusinessResponse {
    var body = request
    body.requestID = ""
    return try await decide(
      change("StopBusiness", request.business, request.requestID, context), body: body,
      .stop, .business, reason: request.reason
    ) { StopBusinessResponse(pool: $0, changed: $1, repeatable: !request.requestID.isEmpty) }
  }

  /// Takes the operator's stop of a business back.
  public func resumeBusiness(
    _ request: ResumeBusinessRequest, context: ServerContext
  ) async throws(RPCError) -> ResumeBusinessResponse {
    var body = request
    body.requestID = ""
    return try await decide(
      change("ResumeBusiness", request.business, request.requestID, context), body: body,
      .resume(liftWarnings: request.liftWarnings), .business, reason: request.reason
    ) { ResumeBusinessResponse(pool: $0, changed: $1, repeatable: !request.requestID.isEmpty) }
  }

  private enum Turn: Sendable {
    case stop
    case resume(liftWarnings: Bool)
  }

  private func decide<Response: Message>(
    _ change: StoreCalls.Change, body: some Message, _ turn: Turn, _ target: PoolSwitch,
    reason: String, _ respond: @escaping @Sendable (API.Pool, _ changed: Bool) -> Response
  ) async throws(RPCError) -> Response {
    let command = try StopCommand(
      business: change.business, target: target, principal: change.context.principal,
      reason: reason)
    return try await calls.change(change, .read, body: body) { (book, now, rows) throws(Refusal) in
      let outcome =
        switch turn {
        case .stop: try book.stop(command, at: now, rows: rows)
        case .resume(let liftWarnings):
          try book.resume(command, liftWarnings: liftWarnings, at: now, rows: rows)
        }
      return respond(API.Pool(outcome.pool), outcome.changed)
    }
  }

  private func change(
    _ method: String, _ business: String, _ requestID: String, _ context: ServerContext
  ) -> StoreCalls.Change {
    StoreCalls.Change(
      context: context, method: method, business: business, requestID: requestID)
  }
}
