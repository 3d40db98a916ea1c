public import API
internal import Messages
public import RPC

// What an operator stops and resumes.
extension AllocationService {
  /// Stops the generator of a pool.
  public func stopGeneration(
    _ request: StopGenerationRequest, context: ServerContext
  ) async throws(RPCError) -> StopGenerationResponse {
    let repeatable = !request.requestID.isEmpty
    var body = request
    body.requestID = ""
    let command = try StopCommand(
      business: request.business, target: .generation, principal: context.principal,
      reason: request.reason)
    return try await calls.change(
      change("StopGeneration", request.business, request.requestID, context), body: body
    ) { (book, now, rows) throws(Refusal) in
      let (pool, changed) = try book.stop(command, at: now, rows: rows)
      return StopGenerationResponse(
        pool: API.Pool(pool), changed: changed, repeatable: repeatable)
    }
  }

  /// Takes the operator's stop of a generator back.
  public func resumeGeneration(
    _ request: ResumeGenerationRequest, context: ServerContext
  ) async throws(RPCError) -> ResumeGenerationResponse {
    let repeatable = !request.requestID.isEmpty
    var body = request
    body.requestID = ""
    let command = try StopCommand(
      business: request.business, target: .generation, principal: context.principal,
      reason: request.reason)
    return try await calls.change(
      change("ResumeGeneration", request.business, request.requestID, context), body: body
    ) { (book, now, rows) throws(Refusal) in
      let (pool, changed) = try book.resume(
        command, liftWarnings: request.liftWarnings, at: now, rows: rows)
      return ResumeGenerationResponse(
        pool: API.Pool(pool), changed: changed, repeatable: repeatable)
    }
  }

  /// Stops a business.
  public func stopBusiness(
    _ request: StopBusinessRequest, context: ServerContext
  ) async throws(RPCError) -> StopBusinessResponse {
    let repeatable = !request.requestID.isEmpty
    var body = request
    body.requestID = ""
    let command = try StopCommand(
      business: request.business, target: .business, principal: context.principal,
      reason: request.reason)
    return try await calls.change(
      change("StopBusiness", request.business, request.requestID, context), body: body
    ) { (book, now, rows) throws(Refusal) in
      let (pool, changed) = try book.stop(command, at: now, rows: rows)
      return StopBusinessResponse(
        pool: API.Pool(pool), changed: changed, repeatable: repeatable)
    }
  }

  /// Takes the operator's stop of a business back.
  public func resumeBusiness(
    _ request: ResumeBusinessRequest, context: ServerContext
  ) async throws(RPCError) -> ResumeBusinessResponse {
    let repeatable = !request.requestID.isEmpty
    var body = request
    body.requestID = ""
    let command = try StopCommand(
      business: request.business, target: .business, principal: context.principal,
      reason: request.reason)
    return try await calls.change(
      change("ResumeBusiness", request.business, request.requestID, context), body: body
    ) { (book, now, rows) throws(Refusal) in
      let (pool, changed) = try book.resume(
        command, liftWarnings: request.liftWarnings, at: now, rows: rows)
      return ResumeBusinessResponse(
        pool: API.Pool(pool), changed: changed, repeatable: repeatable)
    }
  }

  private func change(
    _ method: String, _ business: String, _ requestID: String, _ context: ServerContext
  ) -> NumberCalls.Change {
    NumberCalls.Change(
      context: context, method: method, kind: .read, business: business, requestID: requestID)
  }
}
