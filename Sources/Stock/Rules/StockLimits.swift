/// The bounds of this module, each with its reason.
enum StockLimits {
  /// Part of keys, and in memory.
  static let goodBytes = 64
  static let idBytes = 128
  static let referenceBytes = 128

  /// A call is decided as a whole while all other calls wait.
  static let movementsPerCall = 1_000
  static let policiesPerCall = 1_000
  /// No warehouse holds more; a thousand of them add up without overflow.
  static let quantity: Int64 = 1_000_000_000_000
  static let figure: Int64 = 1_000_000_000_000_000

  static let pageSize = 1_000
  static let defaultPageSize = 100
  /// A page looks at so many rows, whatever it finds in them.
  static let rowsPerPage = 5_000
  /// Lines of a piece of CSV: one read of the store, and well below a message's limit.
  static let linesPerPiece = 200

  static let second: Int64 = 1_000_000
  static let day: Int64 = 86_400 * second
  static let longestWindow = 366 * day
  static let longestLeadSeconds: Int64 = 366 * 86_400
}
