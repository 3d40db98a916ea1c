internal import Calls
internal import RPC

extension ForwardingRefusal: StateRefusal {
  /// The status, the machine-readable reason and the details of a refusal: here and nowhere else.
  var rpcError: RPCError {
    switch self {
    case .businessInvalid(let field): Self.invalid("BUSINESS_INVALID", field, Self.name)
    case .messageMissing(let field): Self.invalid("MESSAGE_MISSING", field, "required")
    case .pageSizeOutOfRange(let most):
      Self.invalid("PAGE_SIZE_OUT_OF_RANGE", "page_size", "from 0 to \(most)")
    case .pageTokenInvalid:
      Self.invalid("PAGE_TOKEN_INVALID", "page_token", "not one that a list has returned")

    case .intakeNotFound(let field):
      RPCError(
        .notFound, reason: "INTAKE_NOT_FOUND", "this business has no intake",
        metadata: ["field": field])
    case .lanesOutOfRange:
      Self.invalid("LANES_OUT_OF_RANGE", "settings.lanes", "from 1 to \(ForwardingLimits.lanes)")
    case .retentionOutOfRange:
      Self.invalid("RETENTION_OUT_OF_RANGE", "settings.retention", "from an hour to 3,650 days")
    case .windowOutOfRange:
      Self.invalid(
        "WINDOW_OUT_OF_RANGE", "settings.window",
        "from 0 to \(ForwardingLimits.longestWindow / 1_000_000) s")
    case .batchSizeOutOfRange:
      Self.invalid(
        "BATCH_SIZE_OUT_OF_RANGE", "settings.batch_size",
        "from 1 to \(ForwardingLimits.ordersPerDispatch)")
    case .lanesChanging:
      RPCError(
        .failedPrecondition, reason: "LANES_CHANGING",
        "\(ForwardingLimits.layouts) changes of the lanes aren't through yet",
        metadata: ["field": "settings.lanes"]
      ).retrying(after: .seconds(1))
    case .intakesExhausted(let limit):
      Self.exhausted("INTAKES_EXHAUSTED", "there are \(limit) intakes already", limit)

    case .unitInvalid(let field): Self.invalid("UNIT_INVALID", field, Self.name)
    case .unitNotFound(let field):
      RPCError(
        .notFound, reason: "UNIT_NOT_FOUND", "this business has no such unit",
        metadata: ["field": field])
    case .codeInvalid(let field):
      Self.invalid("CODE_INVALID", field, "from 1 to \(ForwardingLimits.codeBytes) bytes")
    case .codesTooMany:
      Self.invalid("CODES_TOO_MANY", "unit.codes", "up to \(ForwardingLimits.codesPerUnit)")
    case .unitsExhausted:
      Self.exhausted(
        "UNITS_EXHAUSTED", "a business has up to \(ForwardingLimits.unitsPerBusiness) units",
        ForwardingLimits.unitsPerBusiness)
    case .unitNotEmpty(let depth):
      RPCError(
        .failedPrecondition, reason: "UNIT_NOT_EMPTY", "orders are in the queue of this unit",
        metadata: ["field": "force", "depth": "\(depth)"])

    case .ordersOutOfRange:
      Self.invalid("ORDERS_OUT_OF_RANGE", "orders", "from 1 to \(ForwardingLimits.ordersPerCall)")
    case .ordersTooLarge:
      Self.invalid(
        "ORDERS_TOO_LARGE", "orders", "up to \(ForwardingLimits.bytesPerCall) bytes of bodies")
    case .numberInvalid(let field):
      Self.invalid(
        "ORDER_NUMBER_INVALID", field,
        "from 1 to \(ForwardingLimits.numberBytes) bytes; with items, without control characters")
    case .versionNegative(let field): Self.invalid("VERSION_NEGATIVE", field, "0 or more")
    case .keyTooLong(let field):
      Self.invalid("KEY_TOO_LONG", field, "up to \(ForwardingLimits.keyBytes) bytes")
    case .bodyTooLarge(let field):
      Self.invalid("BODY_TOO_LARGE", field, "up to \(ForwardingLimits.bodyBytes) bytes")
    case .itemsTooMany(let field, let limit):
      Self.invalid("ITEMS_TOO_MANY", field, "up to \(limit) items")
    case .goodInvalid(let field):
      Self.invalid(
        "GOOD_INVALID", field,
        "from 1 to \(ForwardingLimits.goodBytes) bytes without control characters")
    case .goodTwice(let field): Self.invalid("GOOD_TWICE", field, "the order has this good before")
    case .quantityOutOfRange(let field):
      Self.invalid("QUANTITY_OUT_OF_RANGE", field, "from 1 to \(ForwardingLimits.quantity)")
    case .waitingExhausted(let limit):
      Self.exhausted(
        "WAITING_EXHAUSTED", "orders wait for goods with \(limit) items already", limit
      ).retrying(after: .seconds(10))
    case .figureOutOfRange(let field, let most):
      RPCError(
        .failedPrecondition, reason: "FIGURE_OUT_OF_RANGE",
        "what is reserved of the good would be over \(most)", metadata: ["field": field])
    case .goodsExhausted(let limit):
      Self.exhausted("GOODS_EXHAUSTED", "there are \(limit) goods in the stock already", limit)
    case .openExhausted(let limit):
      Self.exhausted(
        "OPEN_QUANTITIES_EXHAUSTED", "\(limit) orders and consignments are open already", limit)
    case .ledgerExhausted(let limit):
      Self.exhausted("LEDGER_EXHAUSTED", "the ledger has \(limit) entries already", limit)
    case .orderChanged(let field, let sequence):
      RPCError(
        .alreadyExists, reason: "ORDER_CHANGED",
        "this order came before with another key, code or body, or other items",
        metadata: ["field": field, "sequence": "\(sequence)"])
    case .ordersExhausted(let limit):
      Self.exhausted("ORDERS_EXHAUSTED", "\(limit) orders are kept already", limit)
        .retrying(after: .seconds(10))
    case .orderNotFound:
      RPCError(
        .notFound, reason: "ORDER_NOT_FOUND", "no such order of this business is kept",
        metadata: ["field": "number"])
    case .reasonTooLong(let field):
      Self.invalid("REASON_TOO_LONG", field, "up to \(ForwardingLimits.reasonBytes) bytes")
    case .cancelledDifferently(let sequence):
      RPCError(
        .alreadyExists, reason: "CANCELLED_DIFFERENTLY",
        "this order was cancelled with another reason",
        metadata: ["field": "reason", "sequence": "\(sequence)"])
    case .positionNotAscending:
      Self.invalid("POSITION_NOT_ASCENDING", "position", "larger than that of the message before")
    case .businessChanged:
      Self.invalid("BUSINESS_CHANGED", "business", "the same in all messages of a stream")

    case .consumption(let refusal): refusal.rpcError
    }
  }

  static let name =
    "1 to \(ForwardingLimits.nameBytes) letters, digits, '-', '_' or '.', first a letter or digit"

  static func invalid(_ reason: String, _ field: String, _ description: String) -> RPCError {
    RPCError.invalid(field: field, description, reason: reason)
  }

  static func exhausted(_ reason: String, _ message: String, _ limit: Int) -> RPCError {
    RPCError(.resourceExhausted, reason: reason, message, metadata: ["limit": "\(limit)"])
  }
}
