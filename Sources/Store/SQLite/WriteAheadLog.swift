internal import CSQLite

/// SQLite's write-ahead log: making it certain at the opening, and copying it into the database.
enum WriteAheadLog {
  /// A log that grew beyond this in a burst is cut when it is reused.
  static let keptBytes = 64 << 20

  enum Mode {
    /// Copies what it can, waits for nobody.
    case passive
    /// Waits for readers, then empties the log.
    case truncate
  }

  /// Pages in the log and how many of them are in the database file.
  struct Progress {
    let logPages: Int
    let copiedPages: Int
  }

  @discardableResult
  static func checkpoint(
    _ connection: SQLiteConnection, mode: Mode
  ) throws(SQLiteFailure) -> Progress {
    var log: Int32 = 0
    var copied: Int32 = 0
    let code = sqlite3_wal_checkpoint_v2(
      connection.handle, nil,
      mode == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE, &log, &copied)
    guard code == SQLITE_OK else { throw connection.failure(code) }
    return Progress(logPages: Int(log), copiedPages: Int(copied))
  }

  /// At the opening: what was recovered goes into the file, as much of it as another program that
  /// still reads an older state lets us; the rest is safe in the log.
  static func empty(_ connection: SQLiteConnection) throws(SQLiteFailure) {
    do throws(SQLiteFailure) {
      try checkpoint(connection, mode: .truncate)
    } catch {
      guard error.error == .unavailable(.busy) else { throw error }
      try checkpoint(connection, mode: .passive)
    }
  }

  /// Writes the log's bytes again, in place, and syncs them.
  ///
  /// After an fsync failed the kernel may keep pages that read back fine, count as clean, and are
  /// not on disk: neither another fsync nor a new process notices. After a kill, pages may not have
  /// been synced at all. Either way SQLite would take what it reads for durable, and we would
  /// answer repeats from it. Bytes that are written again are dirty again, so this sync is honest.
  /// Rewriting the same bytes can't harm what is on disk already.
  ///
  /// Only under the write lock: what another has appended since it was read would be overwritten.
  /// `StoreLock` keeps other servers out, but its file can be removed. Nothing that was read of the
  /// log up to here is used before it is durable.
  static func rewrite(
    _ connection: SQLiteConnection, path: String, vfs name: String?
  ) throws(SQLiteFailure) {
    guard let vfs = sqlite3_vfs_find(name) else {
      throw SQLiteFailure(code: SQLITE_ERROR, message: "no VFS")
    }
    try connection.run("BEGIN IMMEDIATE")
    let code = orderwire_sqlite_rewrite(vfs, path + "-wal")
    try connection.run("ROLLBACK")
    guard code == SQLITE_OK else {
      throw SQLiteFailure(code: code, message: "cannot make the log durable")
    }
  }
}
