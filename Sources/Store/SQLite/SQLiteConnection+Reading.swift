internal import CSQLite
internal import Glibc

extension SQLiteConnection {
  private static let begin = Statement("BEGIN")
  private static let rollback = Statement("ROLLBACK")

  /// From any thread: what runs on this connection now fails.
  func interrupt() { sqlite3_interrupt(handle) }

  /// Runs `body` on one snapshot of what is committed, for at most `limit`.
  func snapshot(limit: Duration, _ body: (ReadConnection) -> Void) throws(StoreError) {
    do { try step(Self.begin) } catch { throw error.error }
    var deadline = Self.monotonicMicroseconds() + limit.wholeMicroseconds
    withUnsafeMutablePointer(to: &deadline) { deadline in
      sqlite3_progress_handler(
        handle, 10_000,
        { argument in
          guard let deadline = argument?.assumingMemoryBound(to: Int64.self) else { return 0 }
          return SQLiteConnection.monotonicMicroseconds() > deadline.pointee ? 1 : 0
        }, deadline)
      body(ReadConnection(self))
      sqlite3_progress_handler(handle, 0, nil, nil)
    }
    if !isIdle { try? step(Self.rollback) }
  }

  static func monotonicMicroseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}
