internal import API
internal import Messages
internal import Numbers

extension API.Preset {
  /// Refuses what isn't in order.
  func check() throws(WarningRefusal) {
    guard isBusiness(business) else { throw .businessInvalid(field: "preset.business") }
    guard isBusiness(name) else { throw .nameInvalid(field: "preset.name") }
    guard (1...WarningLimits.stepsPerPreset).contains(steps.count) else { throw .stepsOutOfRange }
    for (place, step) in steps.enumerated() { try step.check("preset.steps[\(place)]") }
  }
}

extension API.PresetStep {
  fileprivate func check(_ field: String) throws(WarningRefusal) {
    guard let attendant, attendant.isInOrder else {
      throw .attendantInvalid(field: "\(field).attendant")
    }
    switch kind {
    case .raiseStock, .lowerStock, .raiseVehicles, .lowerVehicles, .raiseStaff, .lowerStaff: break
    case .unspecified, .stopBusiness, .resumeBusiness, .unrecognized:
      throw .instructionKindInvalid(field: "\(field).kind")
    }
    guard amount >= 0 else { throw .amountNegative(field: "\(field).amount") }
    guard note.utf8.count <= WarningLimits.noteBytes else {
      throw .noteTooLong(field: "\(field).note")
    }
    if let escalateTo, !escalateTo.isInOrder {
      throw .attendantInvalid(field: "\(field).escalate_to")
    }
    let second = WarningLimits.second
    _ = try WarningRule.duration(
      repeatAfter, "\(field).repeat_after", second...WarningLimits.day,
      unset: WarningLimits.repeatAfter)
    _ = try WarningRule.duration(
      escalateAfter, "\(field).escalate_after", second...WarningLimits.longestEscalation,
      unset: WarningLimits.escalateAfter)
    _ = try WarningRule.duration(
      expireAfter, "\(field).expire_after", second...WarningLimits.longestExpiry,
      unset: WarningLimits.expireAfter)
  }
}

extension API.Attendant {
  /// Whether it names somebody: the business's own system may do without a name.
  var isInOrder: Bool {
    switch role {
    case .business: name.isEmpty || isBusiness(name)
    case .warehouse, .owner: isBusiness(name)
    case .unspecified, .unrecognized: false
    }
  }
}

extension API.AttendantRole {
  /// Nil for a number that isn't one.
  init?(known number: Int32) {
    self.init(rawValue: number)
    switch self {
    case .business, .warehouse, .owner: return
    case .unspecified, .unrecognized: return nil
    }
  }
}

extension ProtoTimestamp {
  /// µs since the Unix epoch; what isn't a time is the least, and so out of every range.
  var microseconds: Int64 {
    guard (0...999_999_999).contains(nanos) else { return .min }
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    return scaled.addingReportingOverflow(Int64(nanos) / 1_000).partialValue
  }
}
