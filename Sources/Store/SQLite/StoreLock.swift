internal import Glibc
internal import Synchronization

/// Keeps a second server off the database: a lock on a file of its own beside it.
///
/// SQLite's own exclusive mode would lock out our readers too, and a lock on the database file
/// through another descriptor would drop SQLite's locks when it is closed. The kernel drops this one
/// when the process ends, however it ends; the file stays.
final class StoreLock: Sendable {
  private let descriptor: Atomic<Int32>

  init(path: String) throws(StoreError) {
    let lockPath = path + "-lock"
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

  deinit { release() }

  func release() {
    let held = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
    if held >= 0 { Glibc.close(held) }
  }
}
