internal import Calls
internal import RPC

extension WarningRefusal: StateRefusal {
  /// The status, the machine-readable reason and the details of a refusal: here and nowhere else.
  var rpcError: RPCError {
    switch self {
    case .messageMissing(let field): invalid("MESSAGE_MISSING", field, "required")
    case .businessInvalid(let field):
      invalid(
        "BUSINESS_INVALID", field,
        "1 to \(WarningLimits.businessBytes) letters, digits, '-', '_' or '.', first a letter or digit"
      )
    case .pageSizeOutOfRange:
      invalid("PAGE_SIZE_OUT_OF_RANGE", "page_size", "from 0 to \(WarningLimits.pageSize)")
    case .pageTokenInvalid:
      invalid("PAGE_TOKEN_INVALID", "page_token", "not one that a list has returned")

    case .signalsOutOfRange:
      invalid("SIGNALS_OUT_OF_RANGE", "signals", "from 1 to \(WarningLimits.signalsPerCall)")
    case .kindInvalid(let field): invalid("KIND_INVALID", field, "not a kind of signal")
    case .kindNotReported(let field):
      invalid("KIND_NOT_REPORTED", field, "signals of this kind are computed here")
    case .sourceTooLong(let field):
      invalid("SOURCE_TOO_LONG", field, "up to \(WarningLimits.sourceBytes) bytes")
    case .sourcesExhausted(let field):
      exhausted(
        "SOURCES_EXHAUSTED", "a kind has up to \(WarningLimits.sourcesPerKind) sources",
        ["field": field, "limit": "\(WarningLimits.sourcesPerKind)"])
    case .valueNotFinite(let field): invalid("VALUE_NOT_FINITE", field, "a finite number")
    case .timeOutOfRange(let field):
      invalid("TIME_OUT_OF_RANGE", field, "at most 7 days ago and 1 minute ahead")

    case .ruleNotFound:
      RPCError(.notFound, reason: "RULE_NOT_FOUND", "this business has no such rule")
    case .nameInvalid(let field):
      invalid(
        "NAME_INVALID", field,
        "1 to \(WarningLimits.nameBytes) letters, digits, '-', '_' or '.', first a letter or digit")
    case .conditionMissing: invalid("CONDITION_MISSING", "rule.condition", "required")
    case .directionMissing(let field): invalid("DIRECTION_MISSING", field, "above or below")
    case .levelInvalid(let field):
      invalid("LEVEL_INVALID", field, "a finite number, of a change more than 0")
    case .clearLevelInvalid(let field):
      invalid("CLEAR_LEVEL_INVALID", field, "on the good side of the level that raises")
    case .durationOutOfRange(let field, let least, let most):
      invalid(
        "DURATION_OUT_OF_RANGE", field,
        "from \(seconds(least)) to \(seconds(most))", ["least": "\(least)", "most": "\(most)"])
    case .kindNotForecast:
      invalid(
        "KIND_NOT_FORECAST", "rule.kind",
        "a forecast is of STOCK_EXHAUSTION or PERIOD_EXHAUSTION")
    case .severityUnknown(let field): invalid("SEVERITY_UNKNOWN", field, "not a severity")
    case .textTooLong(let field):
      invalid("TEXT_TOO_LONG", field, "up to \(WarningLimits.textBytes) bytes")
    case .actionsTooMany:
      invalid("ACTIONS_TOO_MANY", "rule.actions", "up to \(WarningLimits.actionsPerRule)")
    case .actionInvalid(let field): invalid("ACTION_INVALID", field, "not a kind of action")
    case .presetNotFound(let field):
      RPCError(
        .notFound, reason: "PRESET_NOT_FOUND", "this business has no such preset",
        metadata: ["field": field])
    case .rulesExhausted(let limit):
      exhausted("RULES_EXHAUSTED", "there are \(limit) rules already", ["limit": "\(limit)"])
    case .versionMismatch(let present):
      precondition(
        "VERSION_MISMATCH", "the rule has another version by now",
        ["field": "expected_version", "version": "\(present)"])

    case .stepsOutOfRange:
      invalid("STEPS_OUT_OF_RANGE", "preset.steps", "from 1 to \(WarningLimits.stepsPerPreset)")
    case .attendantInvalid(let field):
      invalid("ATTENDANT_INVALID", field, "a role, and a name unless it is the business itself")
    case .instructionKindInvalid(let field):
      invalid("INSTRUCTION_KIND_INVALID", field, "raise or lower stock, vehicles or staff")
    case .amountNegative(let field): invalid("AMOUNT_NEGATIVE", field, "0 or more")
    case .presetsExhausted:
      exhausted(
        "PRESETS_EXHAUSTED", "a business has up to \(WarningLimits.presetsPerBusiness) presets",
        ["limit": "\(WarningLimits.presetsPerBusiness)"])
    case .presetInUse(let rule):
      precondition("PRESET_IN_USE", "the rule \(rule) calls this preset", ["rule": rule])

    case .kindsTooMany:
      invalid("KINDS_TOO_MANY", "kinds", "up to \(WarningLimits.kindsPerFilter)")
    case .warningNotFound:
      RPCError(.notFound, reason: "WARNING_NOT_FOUND", "there is no such warning, or not any more")
    case .warningCleared: precondition("WARNING_CLEARED", "this warning is cleared", [:])
    case .personInvalid:
      invalid(
        "ACKNOWLEDGED_BY_INVALID", "acknowledged_by",
        "from 1 to \(WarningLimits.personBytes) bytes")
    case .noteTooLong(let field):
      invalid("NOTE_TOO_LONG", field, "up to \(WarningLimits.noteBytes) bytes")
    case .poolNotFound:
      RPCError(.notFound, reason: "POOL_NOT_FOUND", "this business has no pool")

    case .attendanceMissing:
      invalid("ATTENDANCE_MISSING", "attendance", "the first message says who attends")
    case .attendanceTwice:
      invalid("ATTENDANCE_TWICE", "attendance", "only the first message says who attends")
    case .answerInvalid: invalid("ANSWER_INVALID", "answer.state", "ACCEPTED, DONE or REFUSED")
    case .instructionNotFound:
      RPCError(
        .notFound, reason: "INSTRUCTION_NOT_FOUND", "this attendant has no such instruction")
    case .instructionEnded(let phase):
      precondition(
        "INSTRUCTION_ENDED", "this instruction has ended: \(phase)", ["state": phase])
    }
  }

  private func invalid(
    _ reason: String, _ field: String, _ description: String, _ metadata: [String: String] = [:]
  ) -> RPCError {
    var error = RPCError.invalid(field: field, description, reason: reason)
    guard !metadata.isEmpty, let index = error.details.firstIndex(where: { $0 is ErrorInfo }),
      var info = error.details[index] as? ErrorInfo
    else { return error }
    info.metadata = metadata
    error.details[index] = info
    return error
  }

  private func precondition(
    _ reason: String, _ message: String, _ metadata: [String: String]
  ) -> RPCError {
    RPCError(.failedPrecondition, reason: reason, message, metadata: metadata)
  }

  private func exhausted(
    _ reason: String, _ message: String, _ metadata: [String: String]
  ) -> RPCError {
    RPCError(.resourceExhausted, reason: reason, message, metadata: metadata)
  }

  private func seconds(_ microseconds: Int64) -> String {
    "\(Double(microseconds) / 1_000_000) s"
  }
}
