/// Every reason for which a call about the catalog is refused. A refused call has changed nothing. Fields
/// are paths in the request.
enum CatalogRefusal: Error, Equatable, Sendable {
  case businessInvalid
  case businessChanged
  case manufacturersOutOfRange
  case goodsOutOfRange
  case itemsOutOfRange
  case numberInvalid(field: String)
  case nameInvalid(field: String)
  case detailsTooLong(field: String)
  case numberTwice(field: String)
  case manufacturerNotFound(field: String)
  case goodNotFound
  case versionInvalid(newest: Int64)
  case pageSizeOutOfRange
  case pageTokenInvalid
  case itemsExhausted(limit: Int)
  case versionsExhausted(limit: Int)
}
