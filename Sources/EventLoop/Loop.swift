// EventLoop: a thread that waits on epoll and runs readiness handlers, timers and Swift jobs.
// It imports nothing but CLinux and Glibc, and never blocks but in epoll_wait.

internal import CLinux
internal import Glibc
internal import Synchronization

/// An epoll thread. A tick is: wait; readiness handlers; due timers; jobs; what was put off to the
/// tick's end (one flush a connection). As a `TaskExecutor` it runs the async code of its tasks.
///
/// What is marked "loop only" may be called on the loop's thread alone, or while no thread runs it; debug
/// builds check it.
// @unchecked: `inbox` is behind a lock and `isRunning` is atomic; `thread` is touched by whoever starts
// and stops the loop, everything else by the loop's thread only.
public final class Loop: TaskExecutor, @unchecked Sendable {
  /// The loop's place in its group.
  public let index: Int

  /// Jobs a tick runs before it looks at the sockets again, so that a task that keeps yielding
  /// doesn't starve them.
  static let jobsPerTick = 1024
  /// A wait for a timer at most, in nanoseconds, so that a suspended machine's loops look at the clock.
  private static let longestWait: Int64 = 60_000_000_000

  enum Work {
    case job(UnownedJob)
    case closure(@Sendable () -> Void)
  }

  struct Inbox {
    var work: [Work] = []
    /// Whether the loop has been, or needn't be, woken for what is in `work`.
    var isWoken = false
    /// Set once the thread has done its last work: nothing is taken any more.
    var isClosed = false
  }

  let inbox = Mutex(Inbox())
  private let wakeup: Int32
  private var thread = pthread_t()
  private let isRunning = Atomic(false)
  private var poller: Poller
  private let timers = TimerHeap()
  private var isStopping = false
  /// Work that came from the loop's own thread; no lock and no wake-up.
  var ownWork: [Work] = []
  private var fetched: [Work] = []
  private var tickEnd: [() -> Void] = []
  /// The sleeps that wait for their timers. They end with the loop.
  private var naps: [ObjectIdentifier: Nap] = [:]
  private var lastNow = MonotonicTime.current
  /// Values that a module keeps once a loop (buffers, pools), by the type's identity.
  private var locals: [ObjectIdentifier: AnyObject] = [:]

  /// A loop that isn't running yet.
  public init(index: Int) throws(SystemError) {
    self.index = index
    poller = try Poller()
    wakeup = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
    guard wakeup >= 0 else { throw SystemError("eventfd") }
    _ = try poller.add(wakeup, .readable, Doorbell(fd: wakeup))
  }

  deinit { close(wakeup) }

  /// The loop whose thread the caller is on.
  public static var current: Loop? {
    guard let pointer = clinux_thread_pointer() else { return nil }
    return Unmanaged<Loop>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Whether the caller is on the loop's thread.
  public var isCurrent: Bool {
    clinux_thread_pointer() == Unmanaged.passUnretained(self).toOpaque()
  }

  private func assertConfined() {
    assert(isCurrent || !isRunning.load(ordering: .relaxed), "not on the loop's thread")
  }

  /// The time at which this tick began to run handlers. Loop only.
  public var now: MonotonicTime { lastNow }

  /// Watches `fd` until `unwatch`, keeping `handler` alive. Loop only.
  public func watch(
    _ fd: Int32, _ interest: Readiness, _ handler: any ReadinessHandler
  ) throws(SystemError) -> Watch {
    assertConfined()
    return try poller.add(fd, interest, handler)
  }

  /// Changes what a descriptor is watched for. Loop only.
  public func change(_ watch: Watch, _ interest: Readiness) {
    assertConfined()
    poller.change(watch, interest)
  }

  /// Ends a watch; call it before the descriptor is closed. Loop only.
  public func unwatch(_ watch: Watch) {
    assertConfined()
    poller.remove(watch)
  }

  /// Makes a callback after `delay`. Loop only.
  @discardableResult
  public func schedule(after delay: Duration, _ body: @escaping () -> Void) -> Timer {
    schedule(at: MonotonicTime.current.advanced(by: delay), body)
  }

  /// Makes a callback at `deadline`. Loop only.
  @discardableResult
  public func schedule(at deadline: MonotonicTime, _ body: @escaping () -> Void) -> Timer {
    assertConfined()
    return timers.add(deadline: deadline, body)
  }

  /// Puts `body` off to the end of the tick, after all handlers and jobs. Loop only.
  public func atTickEnd(_ body: @escaping () -> Void) {
    assertConfined()
    tickEnd.append(body)
  }

  /// The loop's own instance of `Value`, made at its first use. Loop only.
  public func local<Value: AnyObject>(_ make: () -> Value) -> Value {
    assertConfined()
    let key = ObjectIdentifier(Value.self)
    if let found = locals[key] as? Value { return found }
    let value = make()
    locals[key] = value
    return value
  }

  func start() throws(SystemError) {
    isRunning.store(true, ordering: .relaxed)
    let me = Unmanaged.passRetained(self)
    let code = pthread_create(&thread, nil, runLoopThread, me.toOpaque())
    guard code == 0 else {
      isRunning.store(false, ordering: .relaxed)
      me.release()
      throw SystemError("pthread_create", code: code)
    }
  }

  /// Ends the thread after the tick in which it reads this, and waits for it. Not for the loop itself.
  func stop() {
    execute { [unowned self] in isStopping = true }
    pthread_join(thread, nil)
  }

  fileprivate func run() {
    clinux_set_thread_pointer(Unmanaged.passUnretained(self).toOpaque())
    clinux_name_thread("loop-\(index)")
    while !isStopping { tick() }
    for handler in poller.handlers { handler.loopEnded() }
    // What tasks left behind: their last jobs run here, so that no continuation is lost.
    repeat {
      for nap in Array(naps.values) { nap.end(.cutShort) }
      runTickEnd()
    } while runJobs() || !closeInbox()
    // Watches and timers keep their owners alive, who keep the loop.
    poller.removeAll()
    timers.removeAll()
    locals.removeAll()
    isRunning.store(false, ordering: .relaxed)
    clinux_set_thread_pointer(nil)
  }

  func tick() {
    let ready = poller.wait(nanoseconds: waitNanoseconds())
    lastNow = .current
    if ready > 0 {
      for index in 0..<ready {
        if let (handler, readiness) = poller.event(index) { handler.ready(readiness) }
      }
    }
    while let timer = timers.popDue(lastNow) {
      let body = timer.body
      timer.body = nil
      body?()
    }
    _ = runJobs()
    runTickEnd()
  }

  private func waitNanoseconds() -> Int64 {
    if !ownWork.isEmpty || !tickEnd.isEmpty { return 0 }
    guard let next = timers.nextDeadline else { return -1 }
    let nanoseconds = MonotonicTime.current.duration(to: next).saturatedNanoseconds
    return min(max(nanoseconds, 0), Self.longestWait)
  }

  /// Runs the jobs that are there, up to the bound; says whether there were any. What other threads
  /// sent and the loop's own work take turns, so that neither starves the other.
  private func runJobs() -> Bool {
    var ran = 0
    while ran < Self.jobsPerTick {
      let before = ran
      inbox.withLock { inbox in
        swap(&inbox.work, &fetched)
        inbox.isWoken = false
      }
      ran += performFetched()
      swap(&ownWork, &fetched)
      ran += performFetched()
      if ran == before { break }
    }
    return ran > 0
  }

  private func performFetched() -> Int {
    let count = fetched.count
    for index in 0..<count { perform(fetched[index]) }
    fetched.removeAll(keepingCapacity: true)
    return count
  }

  private func perform(_ work: Work) {
    switch work {
    case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
    case .closure(let body): body()
    }
  }

  private func runTickEnd() {
    guard !tickEnd.isEmpty else { return }
    var bodies: [() -> Void] = []
    swap(&bodies, &tickEnd)
    for body in bodies { body() }
    if tickEnd.isEmpty {
      bodies.removeAll(keepingCapacity: true)
      swap(&bodies, &tickEnd)
    }
  }

  /// Takes no more work, unless there is some.
  private func closeInbox() -> Bool {
    inbox.withLock { inbox in
      inbox.isClosed = inbox.work.isEmpty
      return inbox.isClosed
    }
  }

  /// Counts a sleep among those that end with the loop; says whether the loop goes on. Loop only.
  func add(_ nap: Nap) -> Bool {
    guard !isStopping else { return false }
    naps[ObjectIdentifier(nap)] = nap
    return true
  }

  /// Forgets a sleep that is over. Loop only.
  func remove(_ nap: Nap) { naps[ObjectIdentifier(nap)] = nil }

  /// Wakes the loop out of its wait.
  func ring() {
    var one: UInt64 = 1
    _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
  }
}

/// Empties the event counter that wakes the loop.
private final class Doorbell: ReadinessHandler {
  let fd: Int32
  init(fd: Int32) { self.fd = fd }

  func ready(_ readiness: Readiness) {
    var count: UInt64 = 0
    _ = read(fd, &count, MemoryLayout<UInt64>.size)
  }

  func loopEnded() {}
}

private func runLoopThread(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  // Signals are for the main thread.
  var all = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_BLOCK, &all, nil)
  if let pointer { Unmanaged<Loop>.fromOpaque(pointer).takeRetainedValue().run() }
  return nil
}
