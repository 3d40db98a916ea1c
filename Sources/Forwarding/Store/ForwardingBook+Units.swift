internal import Numbers
internal import Store

extension ForwardingBook {
  /// Makes a unit, or gives it other codes; the version of the rules from then on.
  func put(
    _ business: String, unit name: String, codes: [ExactText], settings: ConsumptionSettings? = nil,
    _ batch: Batch
  ) throws(ForwardingFailure) -> (ForwardUnit, version: Int64) {
    let stored = try intake(business, field: "unit.business", batch)
    let intake = stored.intake
    let (version, before) = (intake.rulesVersion, intake.units[ExactText(name)]?.codes ?? [])
    do throws(ForwardingRefusal) {
      try intake.put(unit: name, codes: codes, at: batch.now.microseconds)
    } catch {
      throw .refused(error)
    }
    guard let unit = intake.units[ExactText(name)] else {
      throw .refused(.unitNotFound(field: "unit.name"))
    }
    stored.write(unit, batch)
    if intake.rulesVersion != version {
      stored.writeRuleChange(of: unit.id, before: before, batch)
    }
    if let settings { set(settings, of: unit, stored, batch) }
    try tellBound(of: stored, batch)
    schedule(stored)
    return (unit, intake.rulesVersion)
  }

  /// Deletes a unit; how many orders were in its queue, and the version of the rules from then on.
  func delete(
    _ business: String, unit name: String, force: Bool, _ batch: Batch
  ) throws(ForwardingFailure) -> (givenUp: Int, version: Int64) {
    let stored = try intake(business, batch)
    let unit: ForwardUnit
    do throws(ForwardingRefusal) {
      unit = try stored.intake.delete(unit: name, force: force)
    } catch {
      throw .refused(error)
    }
    stored.deleteRows(of: unit, batch)
    stored.writeRuleChange(of: unit.id, before: unit.codes, batch)
    sendAway(unit, batch)
    try tellBound(of: stored, batch)
    return (unit.depth, stored.intake.rulesVersion)
  }
}
