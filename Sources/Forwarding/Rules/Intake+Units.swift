extension Intake {
  /// Makes a unit, or gives it other codes, which are in order and each once. `now` is the wall clock, µs.
  func put(unit name: String, codes: [ExactText], at now: Int64) throws(ForwardingRefusal) {
    if let unit = units[ExactText(name)] {
      guard unit.codes != codes else { return }
      let before = unit.codes
      match(unit, none: before)
      unit.codes = codes
      note { unit.codes = before }
      match(unit, codes)
    } else {
      guard units.count < ForwardingLimits.unitsPerBusiness else { throw .unitsExhausted }
      let unit = ForwardUnit(id: nextUnit, name: name, created: now, codes: codes)
      set(\.nextUnit, nextUnit + 1)
      units[ExactText(name)] = unit
      note { [unowned self] in units[ExactText(name)] = nil }
      match(unit, codes)
    }
    countChange()
  }

  /// Deletes a unit; what was in its queue is given up.
  func delete(unit name: String, force: Bool) throws(ForwardingRefusal) -> ForwardUnit {
    guard let unit = units[ExactText(name)] else { throw .unitNotFound(field: "name") }
    guard force || unit.depth == 0 else { throw .unitNotEmpty(depth: unit.depth) }
    match(unit, none: unit.codes)
    units[ExactText(name)] = nil
    note { [unowned self] in units[ExactText(name)] = unit }
    countChange()
    return unit
  }

  /// The units that an order of a code would go to, in the order of their names.
  func matches(_ code: ExactText) -> [String] { (unitsByCode[code] ?? []).map(\.name) }

  private func countChange() {
    set(\.rulesVersion, rulesVersion + 1)
    isRowDirty = true
  }

  private func match(_ unit: ForwardUnit, _ codes: [ExactText]) {
    for code in codes {
      let before = unitsByCode[code]
      unitsByCode[code] = ((before ?? []) + [unit]).sorted { $0.name < $1.name }
      note { [unowned self] in unitsByCode[code] = before }
      release(code)
    }
  }

  private func match(_ unit: ForwardUnit, none codes: [ExactText]) {
    for code in codes {
      let before = unitsByCode[code]
      let left = (before ?? []).filter { $0 !== unit }
      unitsByCode[code] = left.isEmpty ? nil : left
      note { [unowned self] in unitsByCode[code] = before }
    }
  }

  /// Lets the lines go on that begin with an order of a code.
  private func release(_ code: ExactText) {
    guard let keys = quarantine.removeValue(forKey: code) else { return }
    let before = released.count
    released.append(contentsOf: keys)
    note { [unowned self] in
      released.removeLast(released.count - before)
      quarantine[code] = keys
    }
  }
}
