internal import Synchronization

extension Loop {
  /// Runs `work` on the loop soon, in the order of the calls. Any thread.
  public func execute(_ work: @escaping @Sendable () -> Void) {
    add(.closure(work))
  }

  /// Takes a job of a task that prefers this loop. Any thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    add(.job(UnownedJob(job)))
  }

  private func add(_ work: Work) {
    if isCurrent {
      ownWork.append(work)
      return
    }
    let mustWake = inbox.withLock { inbox in
      inbox.work.append(work)
      defer { inbox.isWoken = true }
      return !inbox.isWoken
    }
    if mustWake { ring() }
  }

  /// Suspends a task until `duration` has passed. Any thread, until the loop's thread ends.
  ///
  /// `Task.sleep` would start threads of its own; this is a timer of the loop.
  public func sleep(for duration: Duration) async throws(CancellationError) {
    let nap = Nap(loop: self)
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        execute { nap.begin(duration, continuation) }
      }
    } onCancel: {
      self.execute { nap.end() }
    }
    if Task.isCancelled { throw CancellationError() }
  }
}

/// One sleep: begun, then ended once, by its timer or by a cancellation, which may come first.
// @unchecked: confined to the loop, to which both its begin and its cancellation are sent.
private final class Nap: @unchecked Sendable {
  private let loop: Loop
  private var timer: Timer?
  private var continuation: UnsafeContinuation<Void, Never>?
  private var isEnded = false

  init(loop: Loop) { self.loop = loop }

  func begin(_ duration: Duration, _ continuation: UnsafeContinuation<Void, Never>) {
    if isEnded { return continuation.resume() }
    self.continuation = continuation
    timer = loop.schedule(after: duration) { [unowned self] in end() }
  }

  func end() {
    isEnded = true
    timer?.cancel()
    timer = nil
    continuation?.resume()
    continuation = nil
  }
}
