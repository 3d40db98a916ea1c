internal import Calls
internal import RPC

extension CatalogRefusal: StateRefusal {
  /// The status, the machine-readable reason and the details of a refusal: here and nowhere else.
  var rpcError: RPCError {
    switch self {
    case .businessInvalid:
      invalid(
        "BUSINESS_INVALID", "business",
        "1 to 64 letters, digits, '-', '_' or '.', first a letter or digit")
    case .businessChanged:
      invalid("BUSINESS_CHANGED", "business", "the same in every message of the stream")
    case .manufacturersOutOfRange:
      invalid(
        "MANUFACTURERS_OUT_OF_RANGE", "manufacturers", "from 1 to \(CatalogLimits.itemsPerCall)")
    case .goodsOutOfRange:
      invalid("GOODS_OUT_OF_RANGE", "goods", "from 1 to \(CatalogLimits.itemsPerCall)")
    case .itemsOutOfRange:
      invalid(
        "ITEMS_OUT_OF_RANGE", "goods",
        "with the manufacturers from 1 to \(CatalogLimits.itemsPerCall)")
    case .numberInvalid(let field):
      invalid(
        "NUMBER_INVALID", field,
        "1 to \(CatalogLimits.numberBytes) bytes without control characters")
    case .nameInvalid(let field):
      invalid(
        "NAME_INVALID", field,
        "1 to \(CatalogLimits.nameBytes) bytes without control characters")
    case .detailsTooLong(let field):
      invalid("DETAILS_TOO_LONG", field, "up to \(CatalogLimits.detailsBytes) bytes")
    case .numberTwice(let field):
      invalid("NUMBER_TWICE", field, "the request has this number before")
    case .manufacturerNotFound(let field):
      RPCError(
        .notFound, reason: "MANUFACTURER_NOT_FOUND", "this business has no such manufacturer",
        metadata: ["field": field])
    case .goodNotFound:
      RPCError(
        .notFound, reason: "GOOD_NOT_FOUND", "this business has no such good",
        metadata: ["field": "number"])
    case .versionInvalid(let newest):
      invalid("VERSION_INVALID", "version", "from 0 to \(newest)")
    case .pageSizeOutOfRange:
      invalid("PAGE_SIZE_OUT_OF_RANGE", "page_size", "from 0 to \(CatalogLimits.pageSize)")
    case .pageTokenInvalid:
      invalid("PAGE_TOKEN_INVALID", "page_token", "not one that a list has returned")
    case .itemsExhausted(let limit):
      exhausted(
        "CATALOG_ITEMS_EXHAUSTED", "there are \(limit) goods and manufacturers already", limit)
    case .versionsExhausted(let limit):
      exhausted("CATALOG_VERSIONS_EXHAUSTED", "there are \(limit) versions already", limit)
    }
  }

  private func invalid(_ reason: String, _ field: String, _ description: String) -> RPCError {
    RPCError.invalid(field: field, description, reason: reason)
  }

  private func exhausted(_ reason: String, _ message: String, _ limit: Int) -> RPCError {
    RPCError(.resourceExhausted, reason: reason, message, metadata: ["limit": "\(limit)"])
  }
}
