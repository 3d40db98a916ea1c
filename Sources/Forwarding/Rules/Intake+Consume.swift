// What is decided about orders in the queues of units. See Consumption for the table.
extension Intake {
  /// An order reaches a unit's queue.
  func arrive(_ sequence: Int64, at unit: ForwardUnit) {
    move(sequence, at: unit, .none, .queued)
    unit.arrived += 1
    let isFound = sequence < unit.consumption.window.cursor
    if isFound { unit.consumption.arrivals.append(sequence) }
    note(.arrived(sequence: sequence, unit: unit, isFound: isFound))
  }

  /// A delivery that hasn't ended.
  func delivery(_ token: Int64, of unit: ForwardUnit) throws(ForwardingRefusal)
    -> Consumption.Delivery
  {
    guard let delivery = unit.consumption.deliveries[token], !delivery.isEnding else {
      throw .consumption(.deliveryStale)
    }
    return delivery
  }

  /// The unit has processed an order.
  func acknowledge(_ delivery: Consumption.Delivery, of unit: ForwardUnit) {
    put(delivery.sequence, at: unit, .queued, .done)
    forgetFailures(delivery.sequence, of: unit)
    closeBreaker(of: unit)
    end(delivery, .gone, of: unit)
  }

  /// The unit is up, as an acknowledgement or an operator says.
  func closeBreaker(of unit: ForwardUnit) {
    if !unit.consumption.breaker.isAtRest { change(unit) { $0.close() } }
  }

  /// The unit can't process an order, or not now. `due` is when it comes again at the earliest, boot
  /// time; `wall` the time for people.
  func fail(
    _ delivery: Consumption.Delivery, of unit: ForwardUnit, reason: String, due: Int64,
    at now: Int64, wall: Int64
  ) {
    let consumption = unit.consumption
    let sequence = delivery.sequence
    let before = consumption.failures[sequence]
    var verdict = UnitBreaker.Verdict.counts
    change(unit) {
      verdict = $0.failed(
        UnitBreaker.Failed(
          sequence: sequence, before: before, due: due, losses: consumption.losses[sequence]),
        at: now, limit: consumption.settings.breakerFailures)
    }
    var ending = Consumption.Ending.again
    switch verdict {
    case .doNotCount(let failed):
      for one in failed { takeBack(one, of: unit, at: now) }
    case .counts:
      let count = (before?.count ?? 0) + 1
      if count >= consumption.settings.attempts,
        consumption.dead < ForwardingLimits.deadLetters
      {
        bury(
          sequence, at: unit,
          DeadLetter(since: wall, failures: count, reason: reason, consumer: name(delivery, unit)))
        ending = .gone
      } else {
        setFailures(
          OrderFailures(count: count, due: due, reason: reason), ofOrder: sequence, at: unit)
      }
    }
    end(delivery, ending, of: unit)
  }

  /// A failure was the unit's fault; when the order comes again still holds.
  private func takeBack(_ failed: UnitBreaker.Failed, of unit: ForwardUnit, at now: Int64) {
    if unit.place(of: failed.sequence) == .dead {
      raise(failed.sequence, at: unit)
      setLosses(failed.losses, ofOrder: failed.sequence, at: unit)
    }
    var failures = failed.before
    if failed.due > now {
      failures = failures ?? OrderFailures(count: 0, due: 0, reason: "")
      failures?.due = failed.due
    }
    setFailures(failures, ofOrder: failed.sequence, at: unit)
  }

  /// Deliveries whose time is over have failed; says how many it looked at.
  func expire(_ unit: ForwardUnit, at now: Int64, wall: Int64) -> Int {
    let consumption = unit.consumption
    var looked = 0
    while looked < ForwardingLimits.deadlinesPerWake,
      let (due, token) = consumption.deadlines.first,
      due <= now
    {
      looked += 1
      _ = consumption.deadlines.popFirst()
      note { consumption.deadlines.insert(token, due) }
      guard let delivery = consumption.deliveries[token], !delivery.isEnding else { continue }
      guard delivery.deadline <= now else {
        consumption.deadlines.insert(token, delivery.deadline)
        continue
      }
      fail(delivery, of: unit, reason: "ACK_DEADLINE", due: now, at: now, wall: wall)
    }
    return looked
  }

  /// A consumer leaves; what it has in hand goes to others. It may have been lost with it.
  func leave(_ consumer: Int64, of unit: ForwardUnit, isLost: Bool, at now: Int64, wall: Int64) {
    let consumption = unit.consumption
    consumption.leaving.append(consumer)
    note { if !consumption.leaving.isEmpty { consumption.leaving.removeLast() } }
    let inHand = consumption.deliveries.values.filter {
      $0.consumer == consumer && !$0.isEnding
    }
    for delivery in inHand.sorted(by: { $0.token < $1.token }) {
      if isLost {
        let lost = consumption.losses[delivery.sequence] ?? 0
        setLosses(lost + 1, ofOrder: delivery.sequence, at: unit)
      }
      if isLost, delivery.isAlone {
        fail(delivery, of: unit, reason: "CONSUMER_LOST", due: now, at: now, wall: wall)
      } else {
        end(delivery, .again, of: unit)
      }
    }
  }

  /// A consumer goes on working on an order until `deadline`, boot time.
  func extend(_ delivery: Consumption.Delivery, of unit: ForwardUnit, until deadline: Int64) {
    // Not taken back with a batch: a deadline is no promise.
    unit.consumption.deliveries[delivery.token]?.deadline = deadline
    unit.consumption.deadlines.insert(delivery.token, deadline)
  }

  private func name(_ delivery: Consumption.Delivery, _ unit: ForwardUnit) -> String {
    unit.consumption.consumers.first { $0.id == delivery.consumer }?.name ?? ""
  }

  private func end(
    _ delivery: Consumption.Delivery, _ ending: Consumption.Ending, of unit: ForwardUnit
  ) {
    unit.consumption.deliveries[delivery.token]?.isEnding = true
    unit.consumption.endings.append((delivery.token, ending))
    note(.ended(token: delivery.token, unit: unit))
  }

  private func change(_ unit: ForwardUnit, _ body: (inout UnitBreaker) -> Void) {
    let before = unit.consumption.breaker
    body(&unit.consumption.breaker)
    note { unit.consumption.breaker = before }
  }
}
