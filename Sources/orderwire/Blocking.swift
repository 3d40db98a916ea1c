import Glibc
import Synchronization

/// Runs `body` to its end while the calling thread waits. For the main thread, which has nothing else to do;
/// never for a loop.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
  let outcome = Outcome<Value>()
  Task.detached { outcome.settle(await body()) }
  return outcome.wait()
}

/// A value that one thread waits for.
// @unchecked: the value is behind the mutex, the semaphore is made for several threads.
private final class Outcome<Value: Sendable>: @unchecked Sendable {
  private let value = Mutex<Value?>(nil)
  private let isSettled = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(isSettled, 0, 0) }

  deinit {
    sem_destroy(isSettled)
    isSettled.deallocate()
  }

  func settle(_ value: Value) {
    self.value.withLock { $0 = value }
    sem_post(isSettled)
  }

  func wait() -> Value {
    while true {
      while sem_wait(isSettled) != 0 {}
      if let value = value.withLock({ $0 }) { return value }
    }
  }
}
