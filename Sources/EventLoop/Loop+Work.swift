internal import Synchronization

extension Loop {
  /// Runs `work` on the loop soon, in the order of the calls; never once the loop's thread has ended.
  /// Any thread.
  public func execute(_ work: @escaping @Sendable () -> Void) {
    _ = add(.closure(work))
  }

  /// Takes a job of a task that prefers this loop. Any thread, until the loop's thread ends.
  public func enqueue(_ job: consuming ExecutorJob) {
    _ = add(.job(UnownedJob(job)))
  }

  /// Says whether the work will be done: it won't once the loop's thread has ended.
  private func add(_ work: Work) -> Bool {
    if isCurrent {
      ownWork.append(work)
      return true
    }
    let (isTaken, mustWake) = inbox.withLock { inbox in
      if inbox.isClosed { return (false, false) }
      inbox.work.append(work)
      defer { inbox.isWoken = true }
      return (true, !inbox.isWoken)
    }
    if mustWake { ring() }
    return isTaken
  }

  /// Suspends a task until `duration` has passed. Any thread. Throws if the task is cancelled, and when
  /// the loop ends.
  ///
  /// `Task.sleep` would start threads of its own; this is a timer of the loop.
  public func sleep(for duration: Duration) async throws(CancellationError) {
    let nap = Nap(loop: self)
    let end = await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Nap.End, Never>) in
        let begins = add(.closure { nap.begin(duration, continuation) })
        if !begins { continuation.resume(returning: .cutShort) }
      }
    } onCancel: {
      self.execute { nap.end(.cutShort) }
    }
    if end == .cutShort || Task.isCancelled { throw CancellationError() }
  }
}

/// One sleep: begun, then ended once, by its timer, the loop's end or a cancellation, which may come
/// first.
// @unchecked: confined to the loop, to which both its begin and its cancellation are sent.
final class Nap: @unchecked Sendable {
  enum End {
    case slept, cutShort
  }

  private let loop: Loop
  private var timer: Timer?
  private var continuation: UnsafeContinuation<End, Never>?
  private var isEnded = false

  init(loop: Loop) { self.loop = loop }

  func begin(_ duration: Duration, _ continuation: UnsafeContinuation<End, Never>) {
    guard !isEnded, loop.add(self) else { return continuation.resume(returning: .cutShort) }
    self.continuation = continuation
    timer = loop.schedule(after: duration) { [self] in end(.slept) }
  }

  func end(_ how: End) {
    isEnded = true
    timer?.cancel()
    timer = nil
    loop.remove(self)
    continuation.take()?.resume(returning: how)
  }
}
