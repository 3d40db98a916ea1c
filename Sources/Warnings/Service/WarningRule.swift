internal import API
internal import Messages
internal import Numbers
internal import Store

/// A rule as it works, made of a rule of the wire that is in order.
struct WarningRule: Sendable, Equatable {
  /// What is done in the transaction that raises the warning.
  enum Action: Sendable, Equatable {
    case stopGeneration
    case resumeGeneration
    case stopBusiness
    case resumeBusiness
    case callPreset(String)
  }

  /// As it was put, with its version and its time.
  private(set) var message: API.Rule
  let kind: SignalKind
  let condition: RuleCondition
  /// µs.
  let hold: Int64
  let severity: API.Severity
  let actions: [Action]

  var business: String { message.business }
  var name: String { message.name }
  var version: Int64 { message.version }
  var source: String { message.source }
  var isDisabled: Bool { message.disabled }

  init(_ message: API.Rule) throws(WarningRefusal) {
    guard isBusiness(message.business) else {
      throw .businessInvalid(field: "rule.business")
    }
    guard isBusiness(message.name) else { throw .nameInvalid(field: "rule.name") }
    guard let kind = SignalKind(rawValue: message.kind.rawValue) else {
      throw .kindInvalid(field: "rule.kind")
    }
    guard message.source.utf8.count <= WarningLimits.sourceBytes else {
      throw .sourceTooLong(field: "rule.source")
    }
    condition = try RuleCondition(message.condition?.what, of: kind)
    hold = try Self.duration(
      message.hold, "rule.hold", 0...WarningLimits.longestHold, unset: 0)
    switch message.severity {
    case .unspecified: severity = .warning
    case .info, .warning, .critical: severity = message.severity
    case .unrecognized: throw .severityUnknown(field: "rule.severity")
    }
    guard message.actions.count <= WarningLimits.actionsPerRule else { throw .actionsTooMany }
    var actions: [Action] = []
    for (place, action) in message.actions.enumerated() {
      actions.append(try Action(action, "rule.actions[\(place)]"))
    }
    guard message.text.utf8.count <= WarningLimits.textBytes else {
      throw .textTooLong(field: "rule.text")
    }
    self.message = message
    self.message.severity = severity
    self.kind = kind
    self.actions = actions
  }

  /// The version that it gets when it is put.
  mutating func setVersion(_ version: Int64, at now: Timestamp) {
    message.version = version
    message.updateTime = ProtoTimestamp(microseconds: now.microseconds)
  }

  func looksAt(_ kind: SignalKind, _ source: String) -> Bool {
    self.kind == kind && (self.source.isEmpty || ExactText(self.source) == ExactText(source))
  }

  /// Whether a warning of `other` would be about the same.
  func looksAtSame(as other: WarningRule) -> Bool {
    kind == other.kind && ExactText(source) == ExactText(other.source)
  }

  /// What people are told.
  func text(_ value: Double?, _ source: String) -> String {
    if !message.text.isEmpty { return message.text }
    let what = "\(kind)" + (source.isEmpty ? "" : " of \(source)")
    guard let value else { return "\(name): nothing is heard of \(what)" }
    return "\(name): \(what) is \(value)"
  }

  static func duration(
    _ given: ProtoDuration?, _ field: String, _ range: ClosedRange<Int64>, unset: Int64?
  ) throws(WarningRefusal) -> Int64 {
    let value = given?.microseconds ?? unset ?? .min
    guard range.contains(value) else {
      throw .durationOutOfRange(field: field, least: range.lowerBound, most: range.upperBound)
    }
    return value
  }
}

extension WarningRule.Action {
  init(_ action: API.Action, _ field: String) throws(WarningRefusal) {
    switch action.kind {
    case .stopGeneration: self = .stopGeneration
    case .resumeGeneration: self = .resumeGeneration
    case .stopBusiness: self = .stopBusiness
    case .resumeBusiness: self = .resumeBusiness
    case .callPreset: self = .callPreset(action.preset)
    case .unspecified, .unrecognized: throw .actionInvalid(field: "\(field).kind")
    }
    if action.kind == .callPreset {
      guard isBusiness(action.preset) else { throw .nameInvalid(field: "\(field).preset") }
    }
  }
}

extension RuleCondition {
  init(
    _ condition: API.Condition.What?, of kind: SignalKind
  ) throws(WarningRefusal) {
    let field = "rule.condition"
    switch condition {
    case nil: throw .conditionMissing
    case .threshold(let threshold):
      let side = try Side(threshold.direction, "\(field).threshold.direction")
      let (raise, clear) = (threshold.raiseLevel, threshold.clearLevel)
      guard raise.isFinite else { throw .levelInvalid(field: "\(field).threshold.raise_level") }
      guard clear.isFinite, side == .above ? clear < raise : clear > raise else {
        throw .clearLevelInvalid(field: "\(field).threshold.clear_level")
      }
      self = .threshold(side, raise: raise, clear: clear)
    case .change(let change):
      let side = try Side(change.direction, "\(field).change.direction")
      let window = try WarningRule.duration(
        change.window, "\(field).change.window",
        WarningLimits.second...WarningLimits.longestWindow, unset: nil)
      guard change.raiseLevel.isFinite, change.raiseLevel > 0 else {
        throw .levelInvalid(field: "\(field).change.raise_level")
      }
      guard change.clearLevel.isFinite, change.clearLevel < change.raiseLevel else {
        throw .clearLevelInvalid(field: "\(field).change.clear_level")
      }
      self = .change(
        side, window: window, raise: change.raiseLevel, clear: change.clearLevel,
        isRelative: change.relative)
    case .forecast(let horizon):
      guard kind.isForecast else { throw .kindNotForecast }
      let within = try WarningRule.duration(
        horizon.raiseWithin, "\(field).forecast.raise_within",
        WarningLimits.second...WarningLimits.longestHorizon, unset: nil)
      let beyond = try WarningRule.duration(
        horizon.clearBeyond, "\(field).forecast.clear_beyond",
        WarningLimits.second...WarningLimits.longestHorizon, unset: nil)
      guard beyond > within else {
        throw .clearLevelInvalid(field: "\(field).forecast.clear_beyond")
      }
      self = .threshold(
        .below, raise: Double(within) / Double(WarningLimits.second),
        clear: Double(beyond) / Double(WarningLimits.second))
    case .absence(let absence):
      self = .absence(
        after: try WarningRule.duration(
          absence.after, "\(field).absence.after",
          WarningLimits.second...WarningLimits.longestAbsence, unset: nil))
    }
  }
}

extension RuleCondition.Side {
  init(_ direction: API.Direction, _ field: String) throws(WarningRefusal) {
    switch direction {
    case .above: self = .above
    case .below: self = .below
    case .unspecified, .unrecognized: throw .directionMissing(field: field)
    }
  }
}
