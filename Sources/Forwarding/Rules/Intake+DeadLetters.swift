// Orders that a unit can't process, and the marks of what has failed.
extension Intake {
  func bury(_ sequence: Int64, at unit: ForwardUnit, _ letter: DeadLetter) {
    put(sequence, at: unit, .queued, .dead)
    forgetFailures(sequence, of: unit)
    setRow(letter, of: sequence, at: unit)
    rebuildIfKeysWait(unit)
  }

  /// A dead letter is queued again, as if it had never failed.
  func raise(_ sequence: Int64, at unit: ForwardUnit) {
    put(sequence, at: unit, .dead, .queued)
    countArrival(at: unit)
    setRow(nil, of: sequence, at: unit)
    rebuild(unit)
  }

  /// Queues dead letters again, by an operator.
  func redrive(_ sequences: [Int64], at unit: ForwardUnit) throws(ForwardingRefusal) {
    try check(sequences, at: unit)
    for sequence in sequences {
      forget(sequence, at: unit)
      raise(sequence, at: unit)
    }
  }

  /// Gives dead letters up, by an operator.
  func purge(_ sequences: [Int64], at unit: ForwardUnit) throws(ForwardingRefusal) {
    try check(sequences, at: unit)
    for sequence in sequences {
      forget(sequence, at: unit)
      put(sequence, at: unit, .dead, .done)
      setRow(nil, of: sequence, at: unit)
    }
    rebuildIfKeysWait(unit)
  }

  /// The oldest dead letters.
  func deadLetters(of unit: ForwardUnit, after sequence: Int64, limit: Int) -> [Int64] {
    var found: [Int64] = []
    var last = min(sequence, nextSequence)
    while found.count < limit,
      let next = unit.queue.first(
        at: UnitPlace.dead.rawValue, from: last + 1, through: nextSequence - 1)
    {
      found.append(next)
      last = next
    }
    return found
  }

  private func check(_ sequences: [Int64], at unit: ForwardUnit) throws(ForwardingRefusal) {
    var seen: Set<Int64> = []
    for (place, sequence) in sequences.enumerated() {
      guard sequence > 0, unit.place(of: sequence) == .dead, seen.insert(sequence).inserted else {
        throw .consumption(.deadLetterNotFound(field: "sequences[\(place)]"))
      }
    }
  }

  /// Of another of its failures than those counted nothing is known any more.
  private func forget(_ sequence: Int64, at unit: ForwardUnit) {
    let breaker = unit.consumption.breaker
    unit.consumption.breaker.forget(sequence)
    note { unit.consumption.breaker = breaker }
    setLosses(nil, ofOrder: sequence, at: unit)
  }

  // MARK: - Marks

  func countArrival(at unit: ForwardUnit) {
    unit.arrived += 1
    note { unit.arrived -= 1 }
  }

  func put(_ sequence: Int64, at unit: ForwardUnit, _ before: UnitPlace, _ after: UnitPlace) {
    move(sequence, at: unit, before, after)
    note(.put(sequence: sequence, unit: unit, from: before, to: after))
  }

  func move(
    _ sequence: Int64, at unit: ForwardUnit, _ before: UnitPlace, _ after: UnitPlace
  ) {
    unit.queue[sequence] = after.rawValue
    if before == .queued { unit.depth -= 1 }
    if after == .queued { unit.depth += 1 }
    if before == .dead { unit.consumption.countDead(keys[sequence], -1) }
    if after == .dead { unit.consumption.countDead(keys[sequence], 1) }
  }

  func forgetFailures(_ sequence: Int64, of unit: ForwardUnit) {
    setFailures(nil, ofOrder: sequence, at: unit)
    setLosses(nil, ofOrder: sequence, at: unit)
  }

  func setLosses(_ losses: Int32?, ofOrder sequence: Int64, at unit: ForwardUnit) {
    let consumption = unit.consumption
    // Most have none, and to look for one in vain costs as much as to find it.
    guard losses != nil || !consumption.losses.isEmpty else { return }
    let before = consumption.losses[sequence]
    guard before != losses,
      losses == nil || before != nil || consumption.losses.count < ForwardingLimits.losses
    else { return }
    consumption.losses[sequence] = losses
    note { consumption.losses[sequence] = before }
  }

  func setFailures(_ failures: OrderFailures?, ofOrder sequence: Int64, at unit: ForwardUnit) {
    let consumption = unit.consumption
    let before = consumption.failures[sequence]
    guard before != failures,
      failures == nil || before != nil || consumption.failures.count < ForwardingLimits.failures
    else { return }
    consumption.failures[sequence] = failures
    consumption.changedFailures.insert(sequence)
    note { consumption.failures[sequence] = before }
  }

  private func setRow(_ letter: DeadLetter?, of sequence: Int64, at unit: ForwardUnit) {
    let before = unit.consumption.changedDead[sequence]
    unit.consumption.changedDead[sequence] = .some(letter)
    note { unit.consumption.changedDead[sequence] = before }
  }

  func rebuild(_ unit: ForwardUnit) {
    guard !unit.consumption.mustRebuild else { return }
    unit.consumption.mustRebuild = true
    note { unit.consumption.mustRebuild = false }
  }

  private func rebuildIfKeysWait(_ unit: ForwardUnit) {
    if unit.consumption.settings.policy == .keyWaits { rebuild(unit) }
  }
}

extension Consumption {
  func countDead(_ key: UInt64, _ change: Int) {
    dead += change
    let count = (deadKeys[key] ?? 0) + change
    deadKeys[key] = count == 0 ? nil : count
  }

  /// Everything is in rows.
  func written() {
    changedFailures.removeAll(keepingCapacity: true)
    changedDead.removeAll(keepingCapacity: true)
  }
}
