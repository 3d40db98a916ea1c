/// A ledger that can take no more.
enum StockExhaustion: Error, Equatable, Sendable {
  case goods(limit: Int)
  case open(limit: Int)
  case entries(limit: Int)

  var refusal: StockRefusal {
    switch self {
    case .goods(let limit): .goodsExhausted(limit: limit)
    case .open(let limit): .openExhausted(limit: limit)
    case .entries(let limit): .ledgerExhausted(limit: limit)
    }
  }
}

/// Every reason for which a call about stock is refused. A refused call has changed nothing. Fields are
/// paths in the request.
enum StockRefusal: Error, Equatable, Sendable {
  /// A part of the request without which it says nothing.
  case messageMissing(field: String)
  case businessInvalid
  case goodInvalid(field: String)
  case goodNotFound
  case goodsExhausted(limit: Int)
  case pageSizeOutOfRange
  case pageTokenInvalid

  // Movements.
  case movementsOutOfRange
  case idInvalid(field: String)
  case kindInvalid(field: String)
  case quantityOutOfRange(field: String, least: Int64)
  case orderInvalid(field: String)
  case orderRefused(field: String)
  case consignmentInvalid(field: String)
  case consignmentRefused(field: String)
  case movementChanged(field: String, sequence: Int64)
  case openExceeded(field: String, open: Int64)
  case figureOutOfRange(field: String)
  case openExhausted(limit: Int)
  case ledgerExhausted(limit: Int)

  // Policies.
  case policiesOutOfRange(field: String)
  case goodTwice(field: String)
  case policyOutOfRange(field: String, least: Int64, most: Int64)
  case policyNotFound(field: String)
  case policiesExhausted(limit: Int)

  // Forms.
  case windowInvalid(field: String)
  case windowOpen(endsInSeconds: Int64)
  case policiesVersionInvalid(newest: Int64)
  case figureKindInvalid
  case openKindInvalid
}
