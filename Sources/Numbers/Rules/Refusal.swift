/// Every reason for which a call is refused. A refused call has changed nothing.
enum Refusal: Error, Equatable, Sendable {
  /// A part of the request without which it says nothing.
  case messageMissing(field: String)

  // Pools.
  case businessInvalid
  case poolNotFound
  case poolExists
  case poolsExhausted(limit: Int)
  case templateInvalid(TemplateProblem)
  case timeZoneUnknown
  case timeZonesUnreadable
  case templateMayRepeat(earlier: String)
  case templateChangesExhausted
  case settingOutOfRange(PoolField, least: Int64, most: Int64)
  case settingUnknown(PoolField)
  case settingFixed(PoolField)
  case updateMaskInvalid(path: String)
  case pageSizeOutOfRange
  case pageTokenInvalid

  // History.
  case templateNotFound
  case periodInvalid
  case periodNotFound
  case unitUnknown
  case timeInvalid(field: String)

  // Allocating.
  case countOutOfRange
  case liveNumbersExhausted(limit: Int64)
  case holderInvalid
  case holderQuotaExceeded(limit: Int64, live: Int64)
  case quotaSubjectMissing
  case quotaHolderInvalid
  case quotaPrincipalInvalid
  case quotaOutOfRange
  case quotasExhausted
  case serialsExhausted(period: String, remaining: Int64)
  case yearNotShown
  case periodClosed(period: String)
  case generationStopped(StopCause, remaining: Int64)
  case businessStopped(StopCause)

  // Leases.
  case leasesOff
  case leasesExhausted(limit: Int)
  case leaseTTLOutOfRange(least: Int64, most: Int64)
  case leaseNotFound
  case leaseNotHeld
  case leaseExpired

  // Watching and listing.
  case statesOutOfRange
  case stateUnknown(Int)
  case expireBeforeInvalid

  // Numbers, by their place in the call.
  case numbersOutOfRange
  case numberInvalid(Int, NumberProblem)
  case numberTwice(Int)
  case numberUnknown(Int)
  case tokenMissing(Int)
  case tokenOfOtherIncarnation(Int)
  case tokenStale(Int)
  case numberNotHeld(Int)
  case numberCompleted(Int)
  case completedDifferently(Int)
  case numberReleased(Int)
  case numberExpired(Int)
  case currencyInvalid(Int)
  case amountNegative(Int)
  case amountOverflow(Int)
  case currenciesExhausted(Int)
  case importTaken(Int, TakenSerial)
  case importInFuture(Int)
  case importTimeUnknown(Int)
  case importHolderInvalid(Int)
  case importPrincipalInvalid(Int)
  case reasonMissing
  case reasonTooLong
}
