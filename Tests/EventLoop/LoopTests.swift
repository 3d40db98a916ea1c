import Glibc
import Synchronization
import Testing

@testable import EventLoop

/// Runs `body` on a task of a new loop and ends the loop afterwards.
private func onLoop<Value: Sendable>(
  _ body: @escaping @Sendable (Loop) async throws -> Value
) async throws -> Value {
  let group = try LoopGroup(count: 1)
  try group.start()
  defer { group.stop() }
  let loop = group.loops[0]
  return try await Task(executorPreference: loop) { try await body(loop) }.value
}

@Suite struct LoopTests {
  @Test func tasksRunOnTheirLoopAlsoAfterSuspending() async throws {
    let places = try await onLoop { loop in
      var places = [loop.isCurrent]
      await Task.yield()
      places.append(loop.isCurrent)
      try await loop.sleep(for: .milliseconds(1))
      places.append(loop.isCurrent && Loop.current === loop)
      return places
    }
    #expect(places == [true, true, true])
    #expect(Loop.current == nil)
  }

  @Test func workFromOtherThreadsRunsInOrder() async throws {
    let seen = try await onLoop { loop in
      await withCheckedContinuation { done in
        let seen = Mutex<[Int]>([])
        let thread = Task.detached {
          for index in 0..<10_000 { loop.execute { seen.withLock { $0.append(index) } } }
          loop.execute { done.resume(returning: seen.withLock { $0 }) }
        }
        _ = thread
      }
    }
    #expect(seen == Array(0..<10_000))
  }

  @Test func workFromOtherThreadsDoesNotStarveTheLoopsOwn() async throws {
    let turns = try await onLoop { loop in
      let turns = Atomic(0)
      let isDone = Atomic(false)
      // Each piece of work from outside has the next one sent from outside before it ends.
      @Sendable func flood() {
        guard !isDone.load(ordering: .relaxed) else { return }
        if turns.add(1, ordering: .relaxed).newValue < 5000 {
          onOtherThread { loop.execute(flood) }
        }
      }
      onOtherThread { loop.execute(flood) }
      await withCheckedContinuation { done in loop.execute { done.resume() } }
      isDone.store(true, ordering: .relaxed)
      return turns.load(ordering: .relaxed)
    }
    #expect(turns < 100)
  }

  @Test func cancellingASleepEndsIt() async throws {
    let wasCancelled = try await onLoop { loop in
      let sleeper = Task(executorPreference: loop) {
        do throws(CancellationError) { try await loop.sleep(for: .seconds(3600)) } catch {
          return true
        }
        return false
      }
      await Task.yield()
      sleeper.cancel()
      return await sleeper.value
    }
    #expect(wasCancelled)
  }

  @Test func aSleepEndsWithItsLoop() async throws {
    let group = try LoopGroup(count: 1)
    try group.start()
    let loop = group.loops[0]
    let (began, beginning) = AsyncStream<Void>.makeStream()
    let sleeper = Task(executorPreference: loop) {
      // Jobs run in order: the timer is set when this runs.
      loop.execute { loop.execute { beginning.finish() } }
      return await endsEarly { () throws(CancellationError) in
        try await loop.sleep(for: .seconds(3600))
      }
    }
    for await _ in began {}
    group.stop()
    #expect(await sleeper.value)
    let ended = await endsEarly { () throws(CancellationError) in
      try await loop.sleep(for: .seconds(3600))
    }
    #expect(ended, "no sleep begins on a loop that has ended")
  }

  @Test func tickEndComesAfterTheJobsOfTheTick() async throws {
    let order = try await onLoop { loop in
      await withCheckedContinuation { done in
        let order = Mutex<[String]>([])
        loop.execute {
          loop.atTickEnd { done.resume(returning: order.withLock { $0 } + ["end"]) }
          loop.execute { order.withLock { $0.append("second") } }
          order.withLock { $0.append("first") }
        }
      }
    }
    #expect(order == ["first", "second", "end"])
  }

  @Test func readinessReachesTheWatcherUntilItIsRemoved() async throws {
    let count = try await onLoop { loop in
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw SystemError("pipe") }
      let (reading, writing) = (ends[0], ends[1])
      defer {
        close(reading)
        close(writing)
      }
      let counter = Counter(loop)
      let watch = try loop.watch(reading, .readable, counter)
      _ = write(writing, "x", 1)
      // Level-triggered: it is reported each tick until it is read or unwatched.
      while counter.count < 3 { await Task.yield() }
      loop.unwatch(watch)
      let seen = counter.count
      for _ in 0..<10 { try await loop.sleep(for: .zero) }
      return (seen, counter.count)
    }
    #expect(count.0 == count.1)
  }

  @Test func watchersAreToldOfTheEndAndNothingIsKept() throws {
    let group = try LoopGroup(count: 1)
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let order = Mutex<[String]>([])
    weak var kept: Counter?
    do {
      let loop = group.loops[0]
      let counter = Counter(loop) {
        order.withLock { $0.append("told") }
        loop.execute { order.withLock { $0.append("its last work") } }
      }
      kept = counter
      _ = try loop.watch(ends[0], .readable, counter)
      loop.schedule(after: .seconds(3600)) { counter.count += 1 }
    }
    try group.start()
    #expect(kept != nil)
    group.stop()
    #expect(order.withLock { $0 } == ["told", "its last work"])
    #expect(kept == nil)
  }
}

private func endsEarly(_ sleep: () async throws(CancellationError) -> Void) async -> Bool {
  do throws(CancellationError) {
    try await sleep()
    return false
  } catch {
    return true
  }
}

private final class Counter: ReadinessHandler {
  var count = 0
  private let loop: Loop
  private let ended: () -> Void

  init(_ loop: Loop, ended: @escaping () -> Void = {}) {
    self.loop = loop
    self.ended = ended
  }

  func ready(_ readiness: Readiness) { if readiness.contains(.readable) { count += 1 } }
  func loopEnded() { ended() }
}

/// Runs `body` on a thread of its own and waits for it.
private func onOtherThread(_ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let code = pthread_create(
    &thread, nil,
    { pointer in
      if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
      return nil
    }, Unmanaged.passRetained(Box(body)).toOpaque())
  if code == 0 { pthread_join(thread, nil) }
}
