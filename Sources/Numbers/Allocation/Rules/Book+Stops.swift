/// Who stops or resumes, and why.
struct StopCommand: Sendable {
  var business: String
  var target: PoolSwitch
  var principal: String
  var reason: String
}

extension Book {
  /// The operator stops a switch of a pool. False if the operator's stop holds already.
  func stop(
    _ command: StopCommand, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> (pool: PoolView, changed: Bool) {
    let pool = try pool(of: command.business)
    guard !command.reason.isEmpty else { throw .reasonMissing }
    guard command.reason.utf8.count <= Limits.reasonBytes else { throw .reasonTooLong }
    let cause = StopCause(
      warning: "", principal: command.principal, reason: command.reason, time: now.wall)
    let changed = stop(command.target, of: pool, cause, rows: rows)
    return (view(pool, at: now), changed)
  }

  /// The operator resumes a switch of a pool. False if there was no stop to take back.
  func resume(
    _ command: StopCommand, liftWarnings: Bool, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> (pool: PoolView, changed: Bool) {
    let pool = try pool(of: command.business)
    guard command.reason.utf8.count <= Limits.reasonBytes else { throw .reasonTooLong }
    let changed = change(command.target, of: pool, rows: rows) { stops in
      liftWarnings ? stops.liftAll() : stops.lift(warning: "")
    }
    if changed {
      note(
        PoolChange(
          kind: .resumed(command.target), time: now.wall, principal: command.principal,
          detail: liftWarnings ? "with the stops of warnings" : "", reason: command.reason),
        of: pool, rows: rows)
    }
    return (view(pool, at: now), changed)
  }

  /// Adds a cause that holds a switch of a pool off. False if it holds already.
  func stop(
    _ target: PoolSwitch, of pool: Pool, _ cause: StopCause, rows: any NumberRows
  ) -> Bool {
    let before = pool.stops[target]
    guard pool.stops[target].add(cause) else { return false }
    undoLog.append(.other { pool.stops[target] = before })
    rows.insertStop(cause, of: target, pool: pool.id)
    note(
      PoolChange(
        kind: .stopped(target), time: cause.time, principal: cause.principal,
        warning: cause.warning, reason: cause.reason), of: pool, rows: rows)
    return true
  }

  /// Takes back the stop of a warning. False if there was none.
  func resume(
    _ target: PoolSwitch, of pool: Pool, warning: String, at now: Moment, rows: any NumberRows
  ) -> Bool {
    guard change(target, of: pool, rows: rows, { $0.lift(warning: warning) }) else { return false }
    note(
      PoolChange(kind: .resumed(target), time: now.wall, warning: warning), of: pool, rows: rows)
    return true
  }

  private func change(
    _ target: PoolSwitch, of pool: Pool, rows: any NumberRows,
    _ lift: (inout Stops) -> [StopCause]
  ) -> Bool {
    let before = pool.stops[target]
    let lifted = lift(&pool.stops[target])
    guard !lifted.isEmpty else { return false }
    undoLog.append(.other { pool.stops[target] = before })
    for cause in lifted { rows.deleteStop(warning: cause.warning, of: target, pool: pool.id) }
    fillLater(pool)
    return true
  }
}

/// The switches of a pool.
struct PoolStops: Sendable, Equatable {
  var generation = Stops()
  var business = Stops()

  subscript(_ target: PoolSwitch) -> Stops {
    get { target == .generation ? generation : business }
    set {
      switch target {
      case .generation: generation = newValue
      case .business: business = newValue
      }
    }
  }
}
