/// Why the store didn't do what it was asked to.
public enum StoreError: Error, Sendable, Equatable {
  /// Not now; nothing of the command is remembered in memory, but where the engine failed in the
  /// middle the command may have happened. Repeat it with the same request id.
  case unavailable(Unavailability)
  /// Too many commands or reads are waiting already, in all or of this caller.
  case queueFull
  /// The deadline came before the decision; nothing happened.
  case deadlineExceeded
  /// The caller went away before the decision; nothing happened.
  case cancelled
  /// A row of this command broke a constraint; nothing happened.
  case constraint(String)
  /// A statement that the engine doesn't accept: a mistake in this program. Nothing happened.
  case statement(String)
  /// The file isn't a database, or is damaged.
  case corrupt(String)
  /// A newer program has written this database.
  case newerVersion(capability: String, found: Int, known: Int)
  /// Another server has this database open.
  case locked(path: String)
  /// The folder or file can't be opened or written.
  case notWritable(path: String, reason: String)
  /// The engine's storage failed.
  case storage(String)
  /// The store has given up: the process should end with an error and be started again.
  case failed(String)
  /// The store was closed.
  case closed
}

/// What the store waits for; it looks again by itself.
public enum Unavailability: Sendable, Equatable {
  /// The disk is full.
  case full
  /// Another program holds the database's lock.
  case busy
  /// The file or folder has become read-only.
  case readOnly
  /// Out of memory.
  case memory
  /// Storage failed and the store is being read again from disk.
  case recovering
}

extension StoreError: CustomStringConvertible {
  /// One line for a person.
  public var description: String {
    switch self {
    case .unavailable(.full): "the disk is full"
    case .unavailable(.busy): "the database is locked by another program"
    case .unavailable(.readOnly): "the database is read-only at the moment"
    case .unavailable(.memory): "the store is out of memory"
    case .unavailable(.recovering): "the store is being recovered from disk"
    case .queueFull: "too many commands are waiting"
    case .deadlineExceeded: "the deadline passed before the command's turn"
    case .cancelled: "the command was cancelled before its turn"
    case .constraint(let text): "a constraint failed: \(text)"
    case .statement(let text): "a statement failed: \(text)"
    case .corrupt(let text): "the database is damaged or not a database: \(text)"
    case .newerVersion(let capability, let found, let known):
      "the database is newer than this program: \(capability) is at version \(found), "
        + "this program knows \(known)"
    case .locked(let path): "another server uses \(path)"
    case .notWritable(let path, let reason): "cannot open \(path) for writing: \(reason)"
    case .storage(let text): "storage failed: \(text)"
    case .failed(let text): "the store has failed: \(text)"
    case .closed: "the store is closed"
    }
  }
}
