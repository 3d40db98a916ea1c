internal import Synchronization

/// One SQL statement with parameters `$1`, `$2`, …
///
/// Make each once, as a `static let`: a connection prepares it at its first use and keeps it.
public struct Statement: Sendable {
  let id: Int
  /// The text, in the SQL that all engines share.
  public let sql: String

  private static let count = Atomic<Int>(0)

  /// A statement that each connection prepares once.
  public init(_ sql: String) {
    self.sql = sql
    id = Statement.count.wrappingAdd(1, ordering: .relaxed).oldValue
  }
}
