internal import CSQLite

/// What SQLite answered instead of OK, and what kind of trouble that is.
struct SQLiteFailure: Error {
  /// The extended result code.
  let code: Int32
  let message: String
  /// Set where a command, not the engine, is what failed.
  private var cause: StoreError?
  private var isOvertaken = false

  init(code: Int32, message: String) {
    self.code = code
    self.message = message
  }

  /// The failure of a batch that holds a command which can't be taken back alone.
  static func command(_ error: StoreError) -> SQLiteFailure {
    var failure = SQLiteFailure(code: SQLITE_ABORT, message: error.description)
    failure.cause = error
    return failure
  }

  /// The database belongs to a server that was started later.
  static var overtaken: SQLiteFailure {
    let error = StoreError.failed("another server has opened this store")
    var failure = SQLiteFailure(code: SQLITE_ABORT, message: error.description)
    failure.cause = error
    failure.isOvertaken = true
    return failure
  }

  /// What the writer has to do about it.
  enum Kind: Hashable {
    /// The statement or its values are at fault, the storage is fine.
    case guilty
    /// Storage can't be written at the moment.
    case unwritable
    /// Storage failed: what is on disk has to be looked at again.
    case broken
    /// What is on disk is no longer a database.
    case corrupt
    /// Another server has begun an epoch.
    case overtaken
  }

  var kind: Kind {
    if isOvertaken { return .overtaken }
    return switch code & 0xff {
    case SQLITE_FULL, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_READONLY, SQLITE_NOMEM, SQLITE_PERM,
      SQLITE_CANTOPEN, SQLITE_PROTOCOL, SQLITE_INTERRUPT:
      .unwritable
    case SQLITE_IOERR: .broken
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
    default: .guilty
    }
  }

  /// For callers.
  var error: StoreError {
    if let cause { return cause }
    return switch code & 0xff {
    case SQLITE_CONSTRAINT: .constraint(message)
    case SQLITE_FULL: .unavailable(.full)
    case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .unavailable(.busy)
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN: .unavailable(.readOnly)
    case SQLITE_NOMEM: .unavailable(.memory)
    case SQLITE_INTERRUPT: .deadlineExceeded
    case SQLITE_IOERR: .storage("\(message) (\(code))")
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt(message)
    default: .statement(message)
    }
  }
}
