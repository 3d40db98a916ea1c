public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// How units get their orders.
extension ForwardingService {
  /// Stops the deliveries of a unit.
  public func pauseUnit(
    _ request: PauseUnitRequest, context: ServerContext
  ) async throws(RPCError) -> PauseUnitResponse {
    guard request.reason.utf8.count <= ForwardingLimits.reasonBytes else {
      throw ForwardingRefusal.reasonTooLong(field: "reason").rpcError
    }
    let principal = try context.principal
    return try await calls.change(
      StoreCalls.Change(request, "PauseUnit", of: request.business, context)
    ) { (book, batch) throws(ForwardingFailure) in
      let pause = UnitPause(
        since: batch.now.microseconds, reason: request.reason, principal: principal)
      let unit = try book.pause(request.business, unit: request.name, pause, batch)
      return PauseUnitResponse(
        unit: API.Unit(unit, of: request.business), repeatable: request.isRepeatable)
    }
  }

  /// Lets the deliveries of a unit go on.
  public func resumeUnit(
    _ request: ResumeUnitRequest, context: ServerContext
  ) async throws(RPCError) -> ResumeUnitResponse {
    return try await calls.change(
      StoreCalls.Change(request, "ResumeUnit", of: request.business, context)
    ) { (book, batch) throws(ForwardingFailure) in
      let unit = try book.resume(request.business, unit: request.name, batch)
      return ResumeUnitResponse(
        unit: API.Unit(unit, of: request.business), repeatable: request.isRepeatable)
    }
  }
}

extension ConsumptionSettings {
  /// As a client gives them, checked; nil if it gives none.
  init?(_ given: API.ConsumptionSettings?, _ path: String) throws(ForwardingRefusal) {
    guard let given else { return nil }
    if let deadline = given.ackDeadline { ackDeadline = deadline.microseconds }
    let deadlines = ForwardingLimits.shortestAckDeadline...ForwardingLimits.longestAckDeadline
    guard deadlines.contains(ackDeadline) else {
      throw .consumption(.ackDeadlineOutOfRange(field: "\(path).ack_deadline"))
    }
    if given.maxAttempts != 0 { attempts = given.maxAttempts }
    guard (1...ForwardingLimits.attempts).contains(attempts) else {
      throw .consumption(.attemptsOutOfRange(field: "\(path).max_attempts"))
    }
    switch given.deadLetterPolicy {
    case .unspecified, .keyGoesOn: policy = .keyGoesOn
    case .keyWaits: policy = .keyWaits
    default: throw .consumption(.policyInvalid(field: "\(path).dead_letter_policy"))
    }
    switch given.breakerFailures {
    case 0: break
    case -1: breakerFailures = 0
    case 1...ForwardingLimits.breakerFailures: breakerFailures = given.breakerFailures
    default: throw .consumption(.breakerFailuresOutOfRange(field: "\(path).breaker_failures"))
    }
    switch given.queueBound {
    case 0: break
    case -1: queueBound = 0
    case 1...ForwardingLimits.queueBound: queueBound = given.queueBound
    default: throw .consumption(.queueBoundOutOfRange(field: "\(path).queue_bound"))
    }
    switch given.overflowPolicy {
    case .unspecified, .queue: overflow = .queue
    case .holdLane: overflow = .holdLane
    default: throw .consumption(.overflowPolicyInvalid(field: "\(path).overflow_policy"))
    }
  }
}

extension API.ConsumptionSettings {
  /// As a client sees them.
  init(_ settings: ConsumptionSettings) {
    self.init(
      ackDeadline: ProtoDuration(microseconds: settings.ackDeadline),
      maxAttempts: settings.attempts,
      deadLetterPolicy: settings.policy == .keyWaits ? .keyWaits : .keyGoesOn,
      breakerFailures: settings.breakerFailures == 0 ? -1 : settings.breakerFailures,
      queueBound: settings.queueBound == 0 ? -1 : settings.queueBound,
      overflowPolicy: settings.overflow == .holdLane ? .holdLane : .queue)
  }
}

extension API.UnitPause {
  /// As a client sees it.
  init(_ pause: UnitPause) {
    self.init(
      sinceTime: ProtoTimestamp(microseconds: pause.since), reason: pause.reason,
      principal: pause.principal)
  }
}

extension API.BreakerState {
  /// As a client sees it.
  init(_ phase: UnitBreaker.Phase) {
    switch phase {
    case .closed: self = .closed
    case .open: self = .open
    case .trying: self = .trying
    }
  }
}
