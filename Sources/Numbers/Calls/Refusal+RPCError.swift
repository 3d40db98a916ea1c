internal import RPC

extension Refusal {
  /// The status, the machine-readable reason and the details of a refusal: here, for every call and
  /// every refusal, and nowhere else.
  func error(in call: RefusedCall) -> RPCError {
    switch self {
    case .messageMissing(let field): invalid("MESSAGE_MISSING", field, "required")

    // Pools.
    case .businessInvalid:
      invalid(
        "BUSINESS_INVALID", call.business,
        "1 to \(Limits.businessBytes) letters, digits, '-', '_' or '.', first a letter or digit"
      )
    case .poolNotFound:
      RPCError(.notFound, reason: "POOL_NOT_FOUND", "this business has no pool")
    case .poolExists:
      RPCError(.alreadyExists, reason: "POOL_EXISTS", "this business has a pool already")
    case .poolsExhausted(let limit):
      RPCError(
        .resourceExhausted, reason: "POOLS_EXHAUSTED", "this server has up to \(limit) pools",
        metadata: ["limit": "\(limit)"])
    case .templateInvalid(let problem):
      invalid(
        problem.reason.rawValue, "pool.template",
        "character \(problem.position): \(problem.reason.explanation)",
        ["position": "\(problem.position)"])
    case .timeZoneUnknown:
      invalid(
        "TIME_ZONE_UNKNOWN", "pool.time_zone",
        "neither a name of the IANA database that this server has, nor UTC, nor +HH:MM")
    case .timeZonesUnreadable:
      RPCError(
        .unavailable, reason: "TIME_ZONES_UNREADABLE",
        "the server can't read its time zones just now"
      ).retrying(after: .seconds(1))
    case .templateMayRepeat(let earlier):
      precondition(
        "TEMPLATE_MAY_REPEAT",
        "numbers of this template could be the same as those of an earlier one: change a fixed "
          + "character or the length",
        ["earlier_template": earlier])
    case .templateChangesExhausted:
      RPCError(
        .resourceExhausted, reason: "TEMPLATE_CHANGES_EXHAUSTED",
        "this pool has had \(Limits.templatesPerPool) templates")
    case .settingOutOfRange(let field, let least, let most):
      invalid(
        "SETTING_OUT_OF_RANGE", "pool.\(field.rawValue)",
        field.isTime ? "from \(seconds(least)) to \(seconds(most))" : "from \(least) to \(most)",
        ["least": "\(least)", "most": "\(most)"])
    case .settingUnknown(let field):
      invalid(
        "SETTING_UNKNOWN", "pool.\(field.rawValue)", "this server doesn't know that value")
    case .settingFixed(let field):
      precondition(
        "SETTING_FIXED", "this setting belongs to the template: it changes only with it",
        ["field": "pool.\(field.rawValue)"])
    case .updateMaskInvalid(let path):
      invalid(
        "UPDATE_MASK_INVALID", "update_mask",
        path.isEmpty
          ? "1 to \(Limits.updateMaskPaths) fields, or \"*\"" : "there is no such field to change",
        path.isEmpty ? [:] : ["path": path])
    case .pageSizeOutOfRange:
      invalid("PAGE_SIZE_OUT_OF_RANGE", "page_size", "from 0 to \(Limits.pageSize)")
    case .pageTokenInvalid:
      invalid("PAGE_TOKEN_INVALID", "page_token", "not one that a list has returned")

    // History.
    case .templateNotFound:
      RPCError(
        .notFound, reason: "TEMPLATE_NOT_FOUND", "the pool never had this template",
        metadata: ["field": "template"])
    case .periodInvalid:
      invalid(
        "PERIOD_INVALID", "period",
        "as the pool shows it: \"2026-11-21\", \"2026-11\", \"2026\" or empty")
    case .periodNotFound:
      RPCError(
        .notFound, reason: "PERIOD_NOT_FOUND", "no number was made in this period",
        metadata: ["field": "period"])
    case .unitUnknown:
      invalid("UNIT_UNKNOWN", "unit", "this server doesn't know that value")
    case .timeInvalid(let field):
      invalid("TIME_INVALID", field, "from year 1 to 9999, and end_time after start_time")

    // Allocating.
    case .countOutOfRange:
      invalid("COUNT_OUT_OF_RANGE", "count", "from 1 to \(Limits.numbersPerCall)")
    case .liveNumbersExhausted(let limit):
      RPCError(
        .resourceExhausted, reason: "LIVE_NUMBERS_EXHAUSTED",
        "a pool has up to \(limit) live numbers: complete or release some",
        metadata: ["limit": "\(limit)"])
    case .holderInvalid:
      invalid("HOLDER_INVALID", "holder", "from 1 to \(Limits.holderBytes) bytes")
    case .holderQuotaExceeded(let limit, let live):
      RPCError(
        .resourceExhausted, reason: "HOLDER_QUOTA_EXCEEDED",
        "this holder may have up to \(limit) live numbers: complete or release some",
        metadata: ["limit": "\(limit)", "live": "\(live)"])
    case .quotaSubjectMissing:
      invalid("QUOTA_SUBJECT_MISSING", "quota", "a holder or a principal is required")
    case .quotaHolderInvalid:
      invalid("HOLDER_INVALID", "quota.holder", "from 1 to \(Limits.holderBytes) bytes")
    case .quotaPrincipalInvalid:
      invalid("PRINCIPAL_INVALID", "quota.principal", "from 1 to \(Limits.principalBytes) bytes")
    case .quotaOutOfRange:
      invalid(
        "QUOTA_OUT_OF_RANGE", "quota.limit",
        "from 0 to \(CapacityLimits.mostLiveNumbersPerPool)")
    case .quotasExhausted:
      RPCError(
        .resourceExhausted, reason: "QUOTAS_EXHAUSTED",
        "a pool has up to \(Limits.quotasPerPool) quotas: take some back",
        metadata: ["limit": "\(Limits.quotasPerPool)"])
    case .serialsExhausted(let period, let remaining):
      RPCError(
        .resourceExhausted, reason: "SERIAL_EXHAUSTED",
        "the serial has no room for as many numbers"
          + (period.isEmpty ? "" : " in the period \(period)"),
        metadata: ["period": period, "remaining_in_period": "\(remaining)"])
    case .yearNotShown:
      precondition("YEAR_NOT_SHOWN", "the pool's template can't show the present year")
    case .periodClosed(let period):
      precondition(
        "PERIOD_CLOSED", "the server's clock shows a period that is closed already",
        ["period": period])
    case .generationStopped(let cause, let remaining):
      precondition(
        "GENERATION_STOPPED",
        "the generator of this pool is stopped, and its stock has not as many numbers: "
          + cause.reason,
        cause.metadata.merging(["remaining_in_pool": "\(remaining)"]) { $1 })
    case .businessStopped(let cause):
      precondition(
        "BUSINESS_STOPPED", "this business is stopped: \(cause.reason)", cause.metadata)

    // Leases.
    case .leasesOff:
      precondition("LEASES_OFF", "the numbers of this pool are held without leases")
    case .leasesExhausted(let limit):
      RPCError(
        .resourceExhausted, reason: "LEASES_EXHAUSTED",
        "a pool has up to \(limit) leases: let some end", metadata: ["limit": "\(limit)"])
    case .leaseTTLOutOfRange(let least, let most):
      invalid(
        "LEASE_TTL_OUT_OF_RANGE", call.leaseTTL,
        "this pool's leases live from \(seconds(least)) to \(seconds(most))")
    case .leaseNotFound:
      RPCError(
        .notFound, reason: "LEASE_NOT_FOUND", "there is no such lease, or it ran out")
    case .leaseNotHeld:
      RPCError(
        .permissionDenied, reason: "HOLDER_MISMATCH", "another caller holds this lease",
        metadata: ["field": "holder"])
    case .leaseExpired:
      precondition("LEASE_EXPIRED", "this lease ran out; its numbers are being returned")

    // Watching and listing.
    case .statesOutOfRange:
      invalid("STATES_OUT_OF_RANGE", "states", "up to \(Limits.filterStates)")
    case .stateUnknown(let place):
      invalid("STATE_UNKNOWN", "states[\(place)]", "this server doesn't know that state")
    case .expireBeforeInvalid:
      invalid("EXPIRE_BEFORE_INVALID", "expire_before", "not an instant of the years 1 to 9999")

    // Numbers.
    case .numbersOutOfRange:
      invalid("NUMBERS_OUT_OF_RANGE", call.items, "from 1 to \(Limits.numbersPerCall)")
    case .numberInvalid(let place, let problem):
      invalid(
        "NUMBER_INVALID", call.item(place, "number"),
        "character \(problem.position) doesn't fit a template of the pool",
        ["position": "\(problem.position)", "problem": "\(problem.kind)"])
    case .numberTwice(let place):
      invalid("NUMBER_TWICE", call.item(place, "number"), "the call names this number twice")
    case .numberUnknown(let place):
      RPCError(
        .notFound, reason: "NUMBER_NOT_FOUND",
        "this number isn't handed out, and no end of it is kept",
        metadata: ["field": call.item(place, "number")])
    case .tokenMissing(let place):
      invalid("TOKEN_MISSING", call.item(place, "token"), "required")
    case .tokenOfOtherIncarnation(let place):
      precondition(
        "TOKEN_FOREIGN", "this token was issued by another incarnation of the store",
        ["field": call.item(place, "token")])
    case .tokenStale(let place):
      precondition(
        "TOKEN_STALE", "this isn't the token of the number's last holder",
        ["field": call.item(place, "token")])
    case .numberNotHeld(let place):
      RPCError(
        .permissionDenied, reason: "HOLDER_MISMATCH", "another caller holds this number",
        metadata: ["field": call.item(place, "number")])
    case .numberCompleted(let place):
      precondition(
        "NUMBER_COMPLETED", "this number is completed", ["field": call.item(place, "number")])
    case .completedDifferently(let place):
      precondition(
        "COMPLETED_DIFFERENTLY", "this number is completed with another amount",
        ["field": call.item(place, "amount")])
    case .numberReleased(let place):
      precondition(
        "NUMBER_RELEASED", "this number was given back", ["field": call.item(place, "number")])
    case .numberExpired(let place):
      precondition(
        "LEASE_EXPIRED", "the lease of this number ran out",
        ["field": call.item(place, "number")])
    case .currencyInvalid(let place):
      invalid(
        "CURRENCY_INVALID", call.item(place, "amount.currency_code"), "three letters A to Z")
    case .amountNegative(let place):
      invalid("AMOUNT_NEGATIVE", call.item(place, "amount.amount_minor"), "0 or more")
    case .amountOverflow(let place):
      RPCError(
        .outOfRange, reason: "AMOUNT_OVERFLOW",
        "the sum of this currency would not fit its counter any more",
        metadata: ["field": call.item(place, "amount.amount_minor")])
    case .currenciesExhausted(let place):
      RPCError(
        .resourceExhausted, reason: "CURRENCIES_EXHAUSTED",
        "this pool has counted \(Limits.currenciesPerPool) currencies already",
        metadata: ["field": call.item(place, "amount.currency_code")])
    case .importTaken(let place, let what):
      RPCError(
        .alreadyExists, reason: "NUMBER_TAKEN", "this server knows the serial: \(what.rawValue)",
        metadata: ["field": call.item(place, "number"), "state": what.rawValue])
    case .importInFuture(let place):
      precondition(
        "NUMBER_IN_FUTURE", "this number is of a time that is still to come",
        ["field": call.item(place, "number")])
    case .importTimeUnknown(let place):
      invalid(
        "NUMBER_TIME_UNKNOWN", call.item(place, "number"),
        "no moment of the pool's time zone shows as this timestamp")
    case .importHolderInvalid(let place):
      invalid(
        "HOLDER_INVALID", call.item(place, "holder"), "from 1 to \(Limits.holderBytes) bytes")
    case .importPrincipalInvalid(let place):
      invalid(
        "PRINCIPAL_INVALID", call.item(place, "principal"),
        "up to \(Limits.principalBytes) bytes")
    case .reasonMissing: invalid("REASON_MISSING", "reason", "required")
    case .reasonTooLong:
      invalid("REASON_TOO_LONG", "reason", "up to \(Limits.reasonBytes) bytes")
    }
  }

  private func invalid(
    _ reason: String, _ field: String, _ description: String, _ metadata: [String: String] = [:]
  ) -> RPCError {
    RPCError.invalid(field: field, description, reason: reason).adding(metadata: metadata)
  }

  private func precondition(
    _ reason: String, _ message: String, _ metadata: [String: String] = [:]
  ) -> RPCError {
    RPCError(.failedPrecondition, reason: reason, message, metadata: metadata)
  }

  private func seconds(_ microseconds: Int64) -> String {
    "\(Double(microseconds) / 1_000_000) s"
  }
}

extension StopCause {
  /// Whose stop it is, and since when. Who the operator is stays with those who may read the pool.
  fileprivate var metadata: [String: String] {
    [
      "source": isOperator ? "operator" : "warning", "warning": warning, "reason": reason,
      "stop_time_us": "\(time)",
    ]
  }
}

extension PoolField {
  fileprivate var isTime: Bool {
    switch self {
    case .maxAge, .quarantine, .minLeaseTTL, .maxLeaseTTL, .defaultLeaseTTL, .historyRetention: true
    case .template, .timeZone, .serialPeriod, .lowWatermark, .highWatermark, .generationBatch,
      .reusePolicy, .leaseMode, .holderQuota, .startSerial, .unguessableSerials:
      false
    }
  }
}

extension TemplateProblem.Reason {
  /// What a person may do about it.
  fileprivate var explanation: String {
    switch self {
    case .empty: "a template is required"
    case .tooLong: "a template has up to \(Limits.templateBytes) characters"
    case .characterNotAllowed: "fixed characters are visible ASCII"
    case .braceNotClosed: "this brace isn't closed"
    case .braceNotOpened: "this brace isn't opened"
    case .unknownPart: "a part is business, timestamp, serial or check"
    case .timestampPatternInvalid:
      "a pattern has yyyy or yy, MM and dd or DDD, HH, mm, ss, SSS, each once, and - _ . : /"
    case .timestampTwice: "a template has one timestamp"
    case .serialMissing: "a template has a serial"
    case .serialTwice: "a template has one serial"
    case .serialWidthInvalid:
      "a width is 1 to \(Limits.decimalSerialWidth), in radix 36 1 to \(Limits.base36SerialWidth)"
    case .serialRadixInvalid: "a radix is 10 or 36"
    case .checkInvalid: "a check is 11,10 or 37,36"
    case .checkNotLast: "nothing follows the check"
    case .checkPassesOverSerial: "the check 11,10 passes over letters, which this serial has"
    case .periodNotShown: "the timestamp doesn't show the whole serial_period"
    case .numberTooLong: "a number has up to \(Limits.numberBytes) characters"
    }
  }
}
