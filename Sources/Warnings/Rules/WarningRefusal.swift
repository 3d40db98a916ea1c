/// Every reason for which a call about warnings is refused. A refused call has changed nothing. Fields are
/// paths in the request.
enum WarningRefusal: Error, Equatable, Sendable {
  /// A part of the request without which it says nothing.
  case messageMissing(field: String)
  case businessInvalid(field: String)
  case pageSizeOutOfRange
  case pageTokenInvalid

  // Signals.
  case signalsOutOfRange
  case kindInvalid(field: String)
  case kindNotReported(field: String)
  case sourceTooLong(field: String)
  case sourcesExhausted(field: String)
  case valueNotFinite(field: String)
  case timeOutOfRange(field: String)

  // Rules.
  case ruleNotFound
  case nameInvalid(field: String)
  case conditionMissing
  case directionMissing(field: String)
  case levelInvalid(field: String)
  case clearLevelInvalid(field: String)
  case durationOutOfRange(field: String, least: Int64, most: Int64)
  case kindNotForecast
  case severityUnknown(field: String)
  case textTooLong(field: String)
  case actionsTooMany
  case actionInvalid(field: String)
  case presetNotFound(field: String)
  case rulesExhausted(limit: Int)
  case versionMismatch(present: Int64)

  // Presets.
  case stepsOutOfRange
  case attendantInvalid(field: String)
  case instructionKindInvalid(field: String)
  case amountNegative(field: String)
  case presetsExhausted
  case presetInUse(rule: String)

  // Warnings.
  case kindsTooMany
  case warningNotFound
  case warningCleared
  case personInvalid
  case noteTooLong(field: String)
  case poolNotFound

  // Attending.
  case attendanceMissing
  case attendanceTwice
  case answerInvalid
  case instructionNotFound
  case instructionEnded(String)
}
