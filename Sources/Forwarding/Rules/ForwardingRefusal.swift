/// Every reason for which a call about forwarding is refused. A refused call has changed nothing. Fields are
/// paths in the request.
enum ForwardingRefusal: Error, Equatable, Sendable {
  case businessInvalid(field: String)
  /// A part of the request without which it says nothing.
  case messageMissing(field: String)
  case pageSizeOutOfRange(most: Int)
  case pageTokenInvalid

  // Intakes.
  case intakeNotFound(field: String)
  case lanesOutOfRange
  case windowOutOfRange
  case retentionOutOfRange
  case batchSizeOutOfRange
  case lanesChanging
  case intakesExhausted(limit: Int)

  // Units.
  case unitInvalid(field: String)
  case unitNotFound(field: String)
  case codeInvalid(field: String)
  case codesTooMany
  case unitsExhausted
  case unitNotEmpty(depth: Int)

  // Orders.
  case ordersOutOfRange
  case ordersTooLarge
  case numberInvalid(field: String)
  case versionNegative(field: String)
  case keyTooLong(field: String)
  case bodyTooLarge(field: String)
  case itemsTooMany(field: String, limit: Int)
  case goodInvalid(field: String)
  case goodTwice(field: String)
  case quantityOutOfRange(field: String)
  case waitingExhausted(limit: Int)

  // What orders reserve in the stock.
  case figureOutOfRange(field: String, most: Int64)
  case goodsExhausted(limit: Int)
  case openExhausted(limit: Int)
  case ledgerExhausted(limit: Int)
  case orderChanged(field: String, sequence: Int64)
  case ordersExhausted(limit: Int)
  case orderNotFound
  case reasonTooLong(field: String)
  case cancelledDifferently(sequence: Int64)
  case positionNotAscending
  case businessChanged

  case consumption(ConsumptionRefusal)
}
