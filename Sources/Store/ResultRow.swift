internal import CSQLite

/// One row of a query's result; valid only during the call it is given to.
public struct ResultRow: ~Copyable {
  private let statement: OpaquePointer

  init(statement: OpaquePointer) { self.statement = statement }

  /// Whether column `index`, counted from 0, is NULL.
  public func isNull(_ index: Int) -> Bool {
    sqlite3_column_type(statement, Int32(index)) == SQLITE_NULL
  }

  /// The integer in column `index`; 0 for NULL.
  public func integer(_ index: Int) -> Int64 { sqlite3_column_int64(statement, Int32(index)) }

  /// The integer in column `index`, or nil for NULL.
  public func optionalInteger(_ index: Int) -> Int64? { isNull(index) ? nil : integer(index) }

  /// Whether the integer in column `index` isn't 0.
  public func bool(_ index: Int) -> Bool { integer(index) != 0 }

  /// The text in column `index`; empty for NULL.
  public func text(_ index: Int) -> String {
    guard let bytes = sqlite3_column_text(statement, Int32(index)) else { return "" }
    let count = Int(sqlite3_column_bytes(statement, Int32(index)))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// The text in column `index`, or nil for NULL.
  public func optionalText(_ index: Int) -> String? { isNull(index) ? nil : text(index) }

  /// The bytes in column `index`; empty for NULL.
  public func bytes(_ index: Int) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(statement, Int32(index)) else { return [] }
    let count = Int(sqlite3_column_bytes(statement, Int32(index)))
    return [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
  }

  /// The microseconds in column `index` as an instant.
  public func timestamp(_ index: Int) -> Timestamp { Timestamp(microseconds: integer(index)) }

  /// The microseconds in column `index` as an instant of the store's own scale.
  public func bootTime(_ index: Int) -> BootTime { BootTime(microseconds: integer(index)) }
}
