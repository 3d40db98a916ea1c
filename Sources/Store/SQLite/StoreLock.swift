internal import Glibc
internal import Synchronization

/// Keeps a second server off the database: a lock on a file of its own beside it.
///
/// SQLite's own exclusive mode would lock out our readers too, and a lock on the database file
/// through another descriptor would drop SQLite's locks when it is closed. The kernel drops this
/// one when the process ends, however it ends; the file stays.
final class StoreLock: Sendable {
  private let descriptor: Atomic<Int32>

  /// Makes the database file too if there is none, readable by its owner only; SQLite gives its
  /// other files the same mode.
  init(path: String) throws(StoreError) {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw .notWritable(path: path, reason: String(cString: strerror(errno)))
    }
    // SQLite doesn't have it open yet, so no lock of its goes with this descriptor.
    Glibc.close(file)
    let lockPath = try Self.resolved(path) + "-lock"
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .notWritable(path: path, reason: String(cString: strerror(errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      Glibc.close(descriptor)
      if reason == EWOULDBLOCK { throw .locked(path: path) }
      throw .notWritable(path: path, reason: String(cString: strerror(reason)))
    }
    self.descriptor = Atomic(descriptor)
  }

  /// Without symbolic links: one file has one lock, whatever it is called.
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
