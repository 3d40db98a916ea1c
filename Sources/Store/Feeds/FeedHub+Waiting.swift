/// Waiting, and being woken.
extension FeedHub {
  /// Waits until there is more than `position`, or until `deadline`; at once where there is. With
  /// nil for a position, until anything happens in the feed.
  func wait(
    _ waiter: FeedWaiter, for feed: Feed, after position: Int64?, until deadline: BootTime?
  ) async {
    await suspend(waiter) { [self] in
      if let position, feed.tail.bounds.head != position { return false }
      if let deadline {
        guard deadline > now else { return false }
        if earliest.map({ deadline < $0 }) ?? true {
          earliest = deadline
          monitor.signal()
        }
      }
      waiter.deadline = deadline
      feed.waiting.append(waiter)
      return true
    }
    monitor.withLock {
      // A waiter that was cancelled is still in the list, with nobody to resume.
      guard waiter.isCancelled else { return }
      feed.left += 1
      guard feed.left * 2 > feed.waiting.count else { return }
      feed.waiting.removeAll { $0.continuation == nil }
      feed.left = 0
    }
  }

  /// Suspends the caller if `place`, called with the lock held, has given the waiter a place.
  private func suspend(_ waiter: FeedWaiter, _ place: @escaping () -> Bool) async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        let isPlaced = monitor.withLock {
          guard ended == nil, !waiter.isCancelled, place() else { return false }
          waiter.continuation = continuation
          return true
        }
        if !isPlaced { continuation.resume() }
      }
    } onCancel: {
      let continuation = monitor.withLock {
        waiter.isCancelled = true
        return waiter.continuation.take()
      }
      continuation?.resume()
    }
  }

  // MARK: - Turns at the store

  /// Waits until one more may read a page: as many may as there are threads that read, so that the
  /// store's queue of reads is left to others. False if the waiter was cancelled, or the hub has ended.
  func takeTurn(_ waiter: FeedWaiter, of limit: Int) async -> Bool {
    await suspend(waiter) { [self] in
      guard reading >= limit else {
        reading += 1
        waiter.hasTurn = true
        return false
      }
      turns.append(waiter)
      return true
    }
    return monitor.withLock { waiter.hasTurn }
  }

  /// Gives the turn on, if the waiter has one.
  func giveTurn(_ waiter: FeedWaiter) {
    let next = monitor.withLock { () -> UnsafeContinuation<Void, Never>? in
      guard waiter.hasTurn else { return nil }
      waiter.hasTurn = false
      while let next = turns.popFirst() {
        guard let continuation = next.continuation.take() else { continue }
        next.hasTurn = true
        return continuation
      }
      reading -= 1
      return nil
    }
    next?.resume()
  }

  // MARK: - The hub's thread

  /// The clock that deadlines are on.
  func start(_ times: StoreTimes) {
    self.times = times
    WorkerThread(name: "ow-feeds") { self.run() }.detach()
  }

  var now: BootTime { times?.boot ?? BootTime(microseconds: 0) }

  /// Looks at the clock again.
  func nudge() {
    monitor.withLock { monitor.signal() }
  }

  private func run() {
    var woken: [UnsafeContinuation<Void, Never>] = []
    var isEnded = false
    while !isEnded {
      isEnded = monitor.withLock {
        while ready.isEmpty, ended == nil {
          let pause = lookAtDeadlines()
          if ready.isEmpty { monitor.wait(atMost: pause) }
        }
        swap(&woken, &ready)
        return ended != nil
      }
      for continuation in woken { continuation.resume() }
      woken.removeAll(keepingCapacity: true)
    }
  }

  /// Wakes those whose deadline has come; says when to look again.
  private func lookAtDeadlines() -> Duration? {
    guard let earliest else { return nil }
    let now = now
    let sinceLastLook = lastLook.duration(to: .now)
    guard earliest <= now, sinceLastLook >= FeedLimits.deadlineGrain else {
      return min(.seconds(10), max(earliest - now, FeedLimits.deadlineGrain - sinceLastLook))
    }
    lastLook = .now
    var next: BootTime?
    for feed in followed.values {
      feed.waiting.removeAll { waiter in
        guard waiter.continuation != nil else { return true }
        guard let deadline = waiter.deadline else { return false }
        if deadline <= now {
          wake(waiter)
          return true
        }
        next = next.map { min($0, deadline) } ?? deadline
        return false
      }
      feed.left = 0
    }
    self.earliest = next
    return next.map { $0 - now }
  }

  func wakeAll(of feed: Feed) {
    guard !feed.waiting.isEmpty else { return }
    for waiter in feed.waiting { wake(waiter) }
    feed.waiting.removeAll(keepingCapacity: true)
    feed.left = 0
    monitor.signal()
  }

  func wake(_ waiter: FeedWaiter) {
    if let continuation = waiter.continuation.take() { ready.append(continuation) }
  }
}
