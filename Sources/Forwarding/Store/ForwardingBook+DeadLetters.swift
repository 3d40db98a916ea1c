internal import Numbers
internal import Store

extension ForwardingBook {
  /// Stops deliveries of a unit. One that is paused stays so for the first reason.
  func pause(
    _ business: String, unit name: String, _ pause: UnitPause, _ batch: Batch
  ) throws(ForwardingFailure) -> ForwardUnit {
    let (stored, unit) = try unit(name, of: business, field: "name", batch)
    if unit.consumption.pause == nil { set(pause, of: unit, stored, batch) }
    return unit
  }

  /// Lets deliveries go on, also those of a unit that seemed to be down.
  func resume(
    _ business: String, unit name: String, _ batch: Batch
  ) throws(ForwardingFailure) -> ForwardUnit {
    let (stored, unit) = try unit(name, of: business, field: "name", batch)
    if unit.consumption.pause != nil { set(nil, of: unit, stored, batch) }
    stored.intake.closeBreaker(of: unit)
    return unit
  }

  private func set(
    _ pause: UnitPause?, of unit: ForwardUnit, _ stored: StoredIntake, _ batch: Batch
  ) {
    let before = unit.consumption.pause
    unit.consumption.pause = pause
    stored.intake.note { unit.consumption.pause = before }
    stored.writeConsumption(of: unit, batch)
  }

  /// Changes how a unit gets its orders.
  func set(
    _ settings: ConsumptionSettings, of unit: ForwardUnit, _ stored: StoredIntake, _ batch: Batch
  ) {
    let before = unit.consumption.settings
    guard settings != before else { return }
    unit.consumption.settings = settings
    stored.intake.note { unit.consumption.settings = before }
    if settings.policy != before.policy { stored.intake.rebuild(unit) }
    if settings.breakerFailures == 0 { stored.intake.closeBreaker(of: unit) }
    stored.writeConsumption(of: unit, batch)
  }

  /// Queues dead letters again; how many are left.
  func redrive(
    _ business: String, unit name: String, _ sequences: [Int64], _ batch: Batch
  ) throws(ForwardingFailure) -> Int {
    let (stored, unit) = try unit(name, of: business, field: "unit", batch)
    do throws(ForwardingRefusal) { try stored.intake.redrive(sequences, at: unit) } catch {
      throw .refused(error)
    }
    try tellBound(of: stored, batch)
    return unit.consumption.dead
  }

  /// Gives dead letters up; how many are left.
  func purge(
    _ business: String, unit name: String, _ sequences: [Int64], _ batch: Batch
  ) throws(ForwardingFailure) -> Int {
    let (stored, unit) = try unit(name, of: business, field: "unit", batch)
    do throws(ForwardingRefusal) { try stored.intake.purge(sequences, at: unit) } catch {
      throw .refused(error)
    }
    return unit.consumption.dead
  }

  /// How a dead letter is edited.
  struct Edit: Sendable {
    var body: [UInt8]
    var reason: String
    var principal: String
  }

  /// Gives a unit another body; how often by now.
  func edit(
    _ business: String, unit name: String, _ sequence: Int64, _ edit: Edit, _ batch: Batch
  ) throws(ForwardingFailure) -> Int32 {
    let (stored, unit) = try unit(name, of: business, field: "unit", batch)
    guard sequence > 0, unit.place(of: sequence) == .dead else {
      throw .refused(.consumption(.deadLetterNotFound(field: "sequence")))
    }
    let before = unit.consumption.edits[sequence]
    let count = (before ?? 0) + 1
    guard count <= Int32(ForwardingLimits.edits) else {
      throw .refused(.consumption(.editsExhausted(limit: ForwardingLimits.edits)))
    }
    unit.consumption.edits[sequence] = count
    stored.intake.note { unit.consumption.edits[sequence] = before }
    batch.write(ConsumptionStatements.putEdit) { row in
      row.bind(business)
      row.bind(unit.id)
      row.bind(sequence)
      row.bind(count)
      row.bind(batch.now.microseconds)
      row.bind(edit.principal)
      row.bind(edit.reason)
      row.bind(edit.body)
    }
    return count
  }

  /// The number of a unit, and those of its dead letters that come after a sequence.
  func deadLetters(
    _ business: String, unit name: String, after sequence: Int64, limit: Int
  ) throws(ForwardingFailure) -> (unit: Int32, sequences: [Int64], edits: [Int32]) {
    let intake = try look(at: business).intake
    guard let unit = intake.units[ExactText(name)] else {
      throw .refused(.unitNotFound(field: "unit"))
    }
    let sequences = intake.deadLetters(of: unit, after: sequence, limit: limit)
    return (unit.id, sequences, sequences.map { unit.consumption.edits[$0] ?? 0 })
  }
}
