internal import Calls
internal import RPC

extension StockRefusal: StateRefusal {
  /// The status, the machine-readable reason and the details of a refusal: here and nowhere else.
  var rpcError: RPCError {
    switch self {
    case .messageMissing(let field): invalid("MESSAGE_MISSING", field, "required")
    case .businessInvalid:
      invalid(
        "BUSINESS_INVALID", "business",
        "1 to 64 letters, digits, '-', '_' or '.', first a letter or digit")
    case .goodInvalid(let field): invalid("GOOD_INVALID", field, name(StockLimits.goodBytes))
    case .goodNotFound:
      RPCError(
        .notFound, reason: "GOOD_NOT_FOUND", "this business has no such good",
        metadata: ["field": "good"])
    case .goodsExhausted(let limit):
      exhausted("GOODS_EXHAUSTED", "there are \(limit) goods already", limit)
    case .pageSizeOutOfRange:
      invalid("PAGE_SIZE_OUT_OF_RANGE", "page_size", "from 0 to \(StockLimits.pageSize)")
    case .pageTokenInvalid:
      invalid("PAGE_TOKEN_INVALID", "page_token", "not one that a list has returned")

    case .movementsOutOfRange:
      invalid("MOVEMENTS_OUT_OF_RANGE", "movements", "from 1 to \(StockLimits.movementsPerCall)")
    case .idInvalid(let field): invalid("MOVEMENT_ID_INVALID", field, name(StockLimits.idBytes))
    case .kindInvalid(let field): invalid("KIND_INVALID", field, "not a kind of movement")
    case .quantityOutOfRange(let field, let least):
      invalid("QUANTITY_OUT_OF_RANGE", field, "from \(least) to \(StockLimits.quantity)")
    case .orderInvalid(let field):
      invalid("ORDER_INVALID", field, name(StockLimits.referenceBytes))
    case .orderRefused(let field):
      invalid("ORDER_REFUSED", field, "a movement of this kind has no order")
    case .consignmentInvalid(let field):
      invalid("CONSIGNMENT_INVALID", field, name(StockLimits.referenceBytes))
    case .consignmentRefused(let field):
      invalid("CONSIGNMENT_REFUSED", field, "a movement of this kind has no consignment")
    case .movementChanged(let field, let sequence):
      RPCError(
        .alreadyExists, reason: "MOVEMENT_CHANGED", "another movement was recorded by this id",
        metadata: ["field": field, "sequence": "\(sequence)"])
    case .openExceeded(let field, let open):
      RPCError(
        .failedPrecondition, reason: "OPEN_QUANTITY_EXCEEDED", "only \(open) are left of it",
        metadata: ["field": field, "open": "\(open)"])
    case .figureOutOfRange(let field):
      RPCError(
        .failedPrecondition, reason: "FIGURE_OUT_OF_RANGE",
        "a figure of the good would be over \(StockLimits.figure)", metadata: ["field": field])
    case .openExhausted(let limit):
      exhausted(
        "OPEN_QUANTITIES_EXHAUSTED", "\(limit) orders and consignments are open already",
        limit)
    case .ledgerExhausted(let limit):
      exhausted("LEDGER_EXHAUSTED", "there are \(limit) entries already", limit)

    case .policiesOutOfRange(let field):
      invalid("POLICIES_OUT_OF_RANGE", field, "from 1 to \(StockLimits.policiesPerCall)")
    case .goodTwice(let field): invalid("GOOD_TWICE", field, "the request has this good before")
    case .policyOutOfRange(let field, let least, let most):
      invalid("POLICY_OUT_OF_RANGE", field, "from \(least) to \(most)")
    case .policyNotFound(let field):
      RPCError(
        .notFound, reason: "POLICY_NOT_FOUND", "this good has no policy",
        metadata: ["field": field])
    case .policiesExhausted(let limit):
      exhausted("POLICIES_EXHAUSTED", "there are \(limit) versions of policies already", limit)

    case .windowInvalid(let field):
      invalid("WINDOW_INVALID", field, "a time; the end after the start, by up to 366 days")
    case .windowOpen(let seconds):
      RPCError(
        .failedPrecondition, reason: "WINDOW_OPEN", "the window hasn't ended yet",
        metadata: ["field": "form.window_end"]
      ).retrying(after: .seconds(seconds))
    case .policiesVersionInvalid(let newest):
      invalid("POLICIES_VERSION_INVALID", "form.policies_version", "from 0 to \(newest)")
    case .figureKindInvalid: invalid("FIGURE_INVALID", "figure", "not a kind of figure")
    case .openKindInvalid: invalid("OPEN_KIND_INVALID", "kind", "ORDER or CONSIGNMENT")
    }
  }

  private func invalid(_ reason: String, _ field: String, _ description: String) -> RPCError {
    RPCError.invalid(field: field, description, reason: reason)
  }

  private func name(_ bytes: Int) -> String { "1 to \(bytes) bytes without control characters" }

  private func exhausted(_ reason: String, _ message: String, _ limit: Int) -> RPCError {
    RPCError(
      .resourceExhausted, reason: reason, message, metadata: ["limit": "\(limit)"])
  }
}
