internal import CSQLite

/// A prepared statement and where its `$1`, `$2`, … are: to SQLite those are names.
final class SQLiteStatement {
  let handle: OpaquePointer
  /// The index of `$n` is at n - 1.
  private let indices: [Int32]

  init(_ statement: Statement.Text, on connection: SQLiteConnection) throws(SQLiteFailure) {
    var made: OpaquePointer?
    let code = sqlite3_prepare_v3(
      connection.handle, statement.sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
    guard code == SQLITE_OK, let made else {
      let failure = connection.failure(code)
      throw SQLiteFailure(code: failure.code, message: "\(failure.message): \(statement.sql)")
    }
    handle = made
    var found: [Int32] = []
    let count = sqlite3_bind_parameter_count(made)
    if count > 0 {
      for number in 1...count {
        let index = sqlite3_bind_parameter_index(made, "$\(number)")
        guard index > 0 else {
          sqlite3_finalize(made)
          throw SQLiteFailure(
            code: SQLITE_MISUSE, message: "parameters aren't $1…$\(count): \(statement.sql)")
        }
        found.append(index)
      }
    }
    indices = found
  }

  func finalize() { sqlite3_finalize(handle) }

  func step() -> Int32 { sqlite3_step(handle) }

  func reset() { sqlite3_reset(handle) }

  func bind(
    _ buffer: RowBuffer, firstCell: Int, columns: Int, on connection: SQLiteConnection
  ) throws(SQLiteFailure) {
    guard columns == indices.count else {
      throw SQLiteFailure(
        code: SQLITE_MISUSE, message: "\(columns) values for \(indices.count) parameters")
    }
    for column in 0..<columns {
      let cell = buffer.cells[firstCell + column]
      let index = indices[column]
      let code: Int32
      switch cell.kind {
      case .null: code = sqlite3_bind_null(handle, index)
      case .integer: code = sqlite3_bind_int64(handle, index, cell.value)
      // No destructor: the block outlives the step, and the next bind replaces the pointer.
      case .text:
        code = sqlite3_bind_text(
          handle, index, (buffer.base + Int(cell.value)).assumingMemoryBound(to: CChar.self),
          cell.length, nil)
      case .bytes:
        code = sqlite3_bind_blob(handle, index, buffer.base + Int(cell.value), cell.length, nil)
      }
      guard code == SQLITE_OK else { throw connection.failure(code) }
    }
  }
}
