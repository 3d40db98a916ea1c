internal import CFaultVFS
internal import CSQLite

/// Another program that has a store's database open.
public final class ForeignProgram: @unchecked Sendable {
  // One test uses it, on one task.
  private let handle: OpaquePointer

  /// Opens the database.
  public init(path: String) throws {
    var opened: OpaquePointer?
    let code = sqlite3_open(path, &opened)
    guard code == SQLITE_OK, let opened else { throw Failure(code: code) }
    handle = opened
  }

  deinit { sqlite3_close_v2(handle) }

  struct Failure: Error { let code: Int32 }

  /// Runs SQL.
  public func run(_ sql: String) throws {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    if code != SQLITE_OK { throw Failure(code: code) }
  }

  /// Takes the write lock.
  public func lock() throws { try run("BEGIN IMMEDIATE") }

  /// Gives it back.
  public func unlock() throws { try run("ROLLBACK") }
}
