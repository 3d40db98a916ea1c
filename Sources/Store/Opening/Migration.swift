/// One numbered step from an empty database to the newest one, of one capability.
public struct Migration: Sendable {
  /// Counts from 1 without a gap.
  public let number: Int
  /// SQL text of any number of statements; what it does must be the same on every run.
  public let sql: String
  /// Behind the SQL and in its transaction: for rows that SQL can't make from others.
  let convert: (@Sendable (SQLiteConnection) throws(StoreError) -> Void)?

  /// Step `number`.
  public init(number: Int, sql: String) {
    self.init(number: number, sql: sql, convert: nil)
  }

  init(
    number: Int, sql: String,
    convert: (@Sendable (SQLiteConnection) throws(StoreError) -> Void)?
  ) {
    self.number = number
    self.sql = sql
    self.convert = convert
  }

  /// Tells a step that was edited after it was applied somewhere.
  var checksum: Int64 { Int64(bitPattern: SipHash(key0: 0, key1: 0).hash(sql)) }
}
