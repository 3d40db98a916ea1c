internal import CSQLite
internal import Glibc

/// How connections are opened, and what is asserted of each.
enum SQLiteOpening {
  private static let synchronous = Statement("PRAGMA synchronous")
  private static let journalMode = Statement("PRAGMA journal_mode")
  private static let owner = Statement(
    """
    SELECT EXISTS (SELECT 1 FROM sqlite_master),
      EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'migration')
    """)

  /// The writer's connection to what is certainly on disk.
  static func writer(_ configuration: StoreConfiguration) throws(StoreError) -> SQLiteConnection {
    SQLiteConnection.setUp
    do throws(SQLiteFailure) {
      try assertNotLost(configuration.path)
      let connection = try SQLiteConnection(
        path: configuration.path, readOnly: false, vfs: configuration.vfs)
      // Another program with the file open is waited for a moment while the log is recovered.
      sqlite3_busy_timeout(connection.handle, 2_000)
      guard sqlite3_db_readonly(connection.handle, "main") == 0 else {
        throw SQLiteFailure(code: SQLITE_READONLY, message: "opened read-only")
      }
      try assertOurs(connection)
      try connection.run(
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = \(configuration.sabotage.synchronousOff ? "OFF" : "FULL");
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA journal_size_limit = \(WriteAheadLog.keptBytes);
        PRAGMA cache_size = -\(writerCacheKiB);
        PRAGMA temp_store = MEMORY;
        PRAGMA trusted_schema = OFF;
        """)
      if !configuration.sabotage.synchronousOff { try assertDurable(connection) }
      try WriteAheadLog.rewrite(connection, path: configuration.path, vfs: configuration.vfs)
      try WriteAheadLog.empty(connection)
      try syncFolder(of: configuration.path)
      sqlite3_busy_timeout(connection.handle, 0)
      connection.countLogPages()
      return connection
    } catch {
      throw opened(error, path: configuration.path)
    }
  }

  /// A reader's connection.
  static func reader(_ configuration: StoreConfiguration) throws(StoreError) -> SQLiteConnection {
    do throws(SQLiteFailure) {
      let connection = try SQLiteConnection(
        path: configuration.path, readOnly: true, vfs: configuration.vfs)
      sqlite3_busy_timeout(connection.handle, 2_000)
      try connection.run(
        "PRAGMA query_only = ON; PRAGMA cache_size = -\(readerCacheKiB); PRAGMA temp_store = MEMORY"
      )
      return connection
    } catch {
      throw opened(error, path: configuration.path)
    }
  }

  /// The hot tables' inner pages and tails; the rest is the page cache's.
  private static let writerCacheKiB = 65_536
  private static let readerCacheKiB = 8_192

  /// A log is only ever begun after its database: without one SQLite would drop the log and begin
  /// an empty store, whose numbers were all handed out before.
  ///
  /// What is shorter than the smallest page it takes for empty, too. Where its beginning was cut short, there
  /// is a journal.
  private static func assertNotLost(_ path: String) throws(SQLiteFailure) {
    let size = size(of: path)
    guard size < 512 else { return }
    guard size == 0 || Self.size(of: path + "-journal") > 0 else {
      throw SQLiteFailure(code: SQLITE_NOTADB, message: "the file is not a database")
    }
    guard Self.size(of: path + "-wal") > 0 else { return }
    throw SQLiteFailure(
      code: SQLITE_CORRUPT, message: "the file is empty, but its log \(path)-wal isn't")
  }

  /// Nothing is changed in the database of another program.
  private static func assertOurs(_ connection: SQLiteConnection) throws(SQLiteFailure) {
    var isForeign = false
    do {
      try connection.query(owner, bind: { _ in }) {
        isForeign = $0.integer(0) != 0 && $0.integer(1) == 0
      }
    } catch {
      if case .engine(let failure) = error { throw failure }
    }
    guard isForeign else { return }
    throw SQLiteFailure(
      code: SQLITE_NOTADB, message: "the database is another program's, and no store of orders")
  }

  /// Zero if there is no such file.
  private static func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// A library in between may have set these back: look, don't trust.
  private static func assertDurable(_ connection: SQLiteConnection) throws(SQLiteFailure) {
    var level: Int64 = -1
    var mode = ""
    do {
      try connection.query(synchronous, bind: { _ in }) { level = $0.integer(0) }
      try connection.query(journalMode, bind: { _ in }) { mode = $0.text(0) }
    } catch {
      if case .engine(let failure) = error { throw failure }
    }
    guard level == 2, mode == "wal" else {
      throw SQLiteFailure(
        code: SQLITE_MISUSE, message: "synchronous is \(level), journal mode is \(mode)")
    }
  }

  /// New files' names, and the end of a journal's, are on disk when their folder is.
  private static func syncFolder(of path: String) throws(SQLiteFailure) {
    var folder = "."
    if let slash = path.lastIndex(of: "/") {
      folder = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    let isSynced = descriptor >= 0 && fsync(descriptor) == 0
    if descriptor >= 0 { close(descriptor) }
    guard isSynced else {
      throw SQLiteFailure(code: SQLITE_IOERR | 5 << 8, message: "cannot sync \(folder)")
    }
  }

  /// At the opening, "not now" has a name and a place.
  private static func opened(_ failure: SQLiteFailure, path: String) -> StoreError {
    switch failure.code & 0xff {
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN:
      .notWritable(path: path, reason: failure.message)
    case SQLITE_BUSY: .locked(path: path)
    default: failure.error
    }
  }
}
