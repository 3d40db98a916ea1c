internal import Glibc
internal import Synchronization

/// Keeps a second server off the database: a lock on a file of its own beside it.
///
/// SQLite's own exclusive mode would lock out our readers too, and a lock on the database file
/// through another descriptor would drop SQLite's locks when it is closed. The kernel drops this
/// one when the process ends, however it ends; the file stays.
final class StoreLock: Sendable {
  /// The database without symbolic links: one file has one lock and one log, whatever it is called.
  let databasePath: String
  private let descriptor: Atomic<Int32>

  /// A lock file that is removed again and again is removed on purpose.
  private static let attempts = 10

  /// Makes the database file too if there is none, readable by its owner only; SQLite gives its
  /// other files the same mode.
  init(path: String) throws(StoreError) {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw .notWritable(path: path, reason: String(cString: strerror(errno)))
    }
    // SQLite doesn't have it open yet, so no lock of its goes with this descriptor.
    Glibc.close(file)
    databasePath = try Self.resolved(path)
    // SQLite names lock and log after the file: another name would have others.
    let names = Self.status(databasePath)?.st_nlink ?? 0
    guard names == 1 else {
      throw .notWritable(path: path, reason: "the file has \(names) hard links, it must have one")
    }
    descriptor = Atomic(try Self.lock(databasePath + "-lock", database: path))
  }

  private static func lock(_ path: String, database: String) throws(StoreError) -> Int32 {
    for _ in 0..<attempts {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else {
        throw .notWritable(path: database, reason: String(cString: strerror(errno)))
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let reason = errno
        Glibc.close(descriptor)
        if reason == EWOULDBLOCK { throw .locked(path: database) }
        throw .notWritable(path: database, reason: String(cString: strerror(reason)))
      }
      // Between the two calls somebody may have removed what is locked now.
      if isFile(descriptor, at: path) { return descriptor }
      Glibc.close(descriptor)
    }
    throw .notWritable(path: database, reason: "its lock file is being removed")
  }

  /// Whether the lock still keeps others out: its file may have been removed or replaced.
  var isWhole: Bool {
    let descriptor = descriptor.load(ordering: .acquiring)
    return descriptor >= 0 && Self.isFile(descriptor, at: databasePath + "-lock")
  }

  private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
    var held = stat()
    guard fstat(descriptor, &held) == 0, let named = status(path) else { return false }
    return held.st_dev == named.st_dev && held.st_ino == named.st_ino
  }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  private static func resolved(_ path: String) throws(StoreError) -> String {
    guard let resolved = realpath(path, nil) else {
      throw .notWritable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  deinit { release() }

  func release() {
    let held = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
    if held >= 0 { Glibc.close(held) }
  }
}
