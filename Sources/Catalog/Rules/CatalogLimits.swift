/// The bounds of this module, each with its reason.
enum CatalogLimits {
  /// Part of keys, and in memory.
  static let numberBytes = 64
  static let nameBytes = 256
  /// Units get it with orders; documents have a place of their own.
  static let detailsBytes = 4 << 10

  /// A call is decided as a whole while all other calls wait.
  static let itemsPerCall = 1_000

  static let pageSize = 1_000
  static let defaultPageSize = 100
  /// What a page of a list may have, but for a first item that has more: well below a message's limit.
  static let pageBytes = 1 << 20
}
