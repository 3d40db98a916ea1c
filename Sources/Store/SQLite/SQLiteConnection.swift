internal import CSQLite

/// A connection with its prepared statements. Confined to one thread at a time.
final class SQLiteConnection {
  let handle: OpaquePointer
  private var statements: [SQLiteStatement?] = []
  var parameterBuffers: [RowBuffer] = []
  private let pages: UnsafeMutablePointer<Int>

  /// Before anything else of SQLite is used.
  static let setUp: Void = { _ = orderwire_sqlite_no_memory_status() }()

  /// `vfs` nil: the default one.
  init(path: String, readOnly: Bool, vfs: String?) throws(SQLiteFailure) {
    Self.setUp
    var opened: OpaquePointer?
    let flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
      | (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    let code = sqlite3_open_v2(path, &opened, flags, vfs)
    guard code == SQLITE_OK, let opened else {
      let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(opened)
      throw SQLiteFailure(code: code, message: message)
    }
    handle = opened
    pages = .allocate(capacity: 1)
    pages.initialize(to: 0)
    // A close must not checkpoint behind our back: after a failed fsync that would be a retry of
    // it.
    orderwire_sqlite_no_checkpoint_on_close(handle)
  }

  deinit {
    close()
    pages.deallocate()
  }

  /// Pages in the write-ahead log after the last commit, if `countLogPages` was called.
  var logPages: Int {
    get { pages.pointee }
    set { pages.pointee = newValue }
  }

  /// Replaces SQLite's own checkpoints.
  func countLogPages() {
    sqlite3_wal_hook(
      handle,
      { pages, _, _, count in
        pages?.assumingMemoryBound(to: Int.self).pointee = Int(count)
        return SQLITE_OK
      }, pages)
  }

  private var closed = false

  func close() {
    guard !closed else { return }
    closed = true
    for statement in statements { statement?.finalize() }
    statements = []
    sqlite3_close_v2(handle)
  }

  /// Outside of a transaction.
  var isIdle: Bool { sqlite3_get_autocommit(handle) != 0 }

  /// By the last INSERT, UPDATE or DELETE.
  var changedRows: Int { Int(sqlite3_changes(handle)) }

  func failure(_ code: Int32) -> SQLiteFailure {
    SQLiteFailure(code: code, message: String(cString: sqlite3_errmsg(handle)))
  }

  /// Runs SQL text of any number of statements, without parameters and results.
  func run(_ sql: String) throws(SQLiteFailure) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  func prepared(_ text: Statement.Text) throws(SQLiteFailure) -> SQLiteStatement {
    if text.id < statements.count, let found = statements[text.id] { return found }
    let made = try SQLiteStatement(text, on: self)
    while statements.count <= text.id { statements.append(nil) }
    statements[text.id] = made
    return made
  }

  /// Runs a statement without parameters and results.
  func step(_ statement: Statement) throws(SQLiteFailure) {
    let prepared = try prepared(statement.text)
    defer { prepared.reset() }
    let code = prepared.step()
    guard code == SQLITE_DONE || code == SQLITE_ROW else { throw failure(code) }
  }

  /// Executes all waiting rows, in order.
  func execute(_ buffer: RowBuffer) throws(SQLiteFailure) {
    for run in buffer.runs {
      var cell = run.firstCell
      var left = run.rows
      if let several = run.statement.several, left >= Statement.severalRows {
        let columns = run.columns * Statement.severalRows
        let prepared = try prepared(several)
        while left >= Statement.severalRows {
          try execute(prepared, buffer, cell, columns)
          cell += columns
          left -= Statement.severalRows
        }
      }
      guard left > 0 else { continue }
      let prepared = try prepared(run.statement.text)
      for _ in 0..<left {
        try execute(prepared, buffer, cell, run.columns)
        cell += run.columns
      }
    }
  }

  private func execute(
    _ prepared: SQLiteStatement, _ buffer: RowBuffer, _ firstCell: Int, _ columns: Int
  ) throws(SQLiteFailure) {
    try prepared.bind(buffer, firstCell: firstCell, columns: columns, on: self)
    let code = prepared.step()
    guard code == SQLITE_DONE || code == SQLITE_ROW else {
      // The message has to be read before the reset.
      let failure = failure(code)
      prepared.reset()
      throw failure
    }
    prepared.reset()
  }

  /// Runs one query whose parameters are the only row of `parameters`.
  func query(
    _ statement: Statement, _ parameters: RowBuffer, _ each: (borrowing ResultRow) -> Bool
  ) throws(SQLiteFailure) {
    let prepared = try prepared(statement.text)
    defer { prepared.reset() }
    try prepared.bind(parameters, firstCell: 0, columns: parameters.cells.count, on: self)
    while true {
      let code = prepared.step()
      if code == SQLITE_DONE { return }
      guard code == SQLITE_ROW else { throw failure(code) }
      guard each(ResultRow(statement: prepared.handle)) else { return }
    }
  }
}
