import StoreFaults
import Testing

@testable import Store

/// Readers that are behind: what they cost, and what becomes of them when the store can't help them.
@Suite(.timeLimit(.minutes(10))) struct FeedLagTests {
  let folder = TemporaryFolder()
  let clock = ManualClock()
  let events = StoreEvents()

  static let feed = FeedKey(business: "shop", kind: "orders")

  func open(
    _ clock: any StoreClock, _ change: (inout StoreConfiguration) -> Void = { _ in }
  ) throws -> DurableStore {
    var configuration = StoreConfiguration(path: folder.database)
    configuration.onEvent = { [events] in events.add($0) }
    change(&configuration)
    return try DurableStore.open(configuration, clock: clock, states: [])
  }

  /// A store with so many messages, none of them in memory.
  func fill(_ count: Int) async throws {
    let store = try open(clock)
    for _ in 0..<count { try await FeedFollower(store: store, feed: Self.feed).append(1) }
    await store.close()
  }

  /// More than memory may keep, in two feeds.
  @Test func whoFallsBehindReadsFromTheStoreAndMemoryStaysBounded() async throws {
    let store = try open(clock)
    let feeds = ["one", "two"].map {
      FeedFollower(store: store, feed: FeedKey(business: $0, kind: "orders"))
    }
    let readers = try feeds.map { try store.follow($0.feed, from: .now) }
    let hub = store.info.feedHub
    let chunks = 3 * FeedLimits.tailBytes / (2 << 20)
    for _ in 0..<chunks {
      for feed in feeds { try await feed.append(2, padding: 1 << 20) }
      #expect(hub.bytesInMemory <= FeedLimits.tailBytes)
    }
    #expect(hub.bytesInMemory > FeedLimits.tailBytes / 2)
    let end = Int64(2 * chunks)
    for (feed, reader) in zip(feeds, readers) {
      guard case .store = hub.monitor.withLock({ hub.followed[feed.feed]?.tail.find(after: 0) })
      else {
        Issue.record("it is still in memory")
        return
      }
      #expect(try await feed.read(reader, from: 0, to: end) == end)
    }
    await store.close()
  }

  /// One that never reads, beside others that do.
  @Test func aReaderThatStandsStillHoldsUpNobody() async throws {
    let store = try open(clock)
    let feed = FeedFollower(store: store, feed: Self.feed)
    let still = try store.follow(Self.feed, from: .now)
    let quick = try store.follow(Self.feed, from: .now)
    var position: Int64 = 0
    for round in 1...200 as ClosedRange<Int64> {
      try await feed.append(3)
      position = try await feed.read(quick, from: position, to: 3 * round)
    }
    #expect(try await feed.read(still, from: 0, to: position) == 600)
    await store.close()
  }

  /// Deleted between two steps of a reader, and under a reader that doesn't know it yet.
  @Test(arguments: [false, true])
  func aReaderWhoseNextMessageWasDeletedIsToldSo(_ unknown: Bool) async throws {
    try await fill(300)
    let store = try open(clock)
    let feed = FeedFollower(store: store, feed: Self.feed)
    let reader = try store.follow(Self.feed, from: .oldest)
    let position = try await feed.read(reader, from: 0, to: 10)
    #expect(position < 300)
    if unknown {
      try await store.execute(caller: "a") { batch in
        batch.write(Self.deleteSome) { _ in }
      }
    } else {
      try await store.execute(caller: "a") { batch in
        batch.feeds.setRetention(.seconds(3_600), of: Self.feed, batch)
      }
      clock.advance(by: .seconds(7_200))
      try await until { store.info.feedHub.bounds(of: Self.feed).oldest == 300 }
    }
    await #expect(throws: FeedError.cursor(.tooOld(oldest: 300))) {
      try await reader.next(after: position)
    }
    await store.close()
  }

  static let deleteSome = Statement("DELETE FROM feed_chunk WHERE last < 300")

  /// More readers are behind than there are threads that read, and than reads may wait: they take
  /// turns, and others get through.
  @Test func readersThatAreBehindTakeTurns() async throws {
    let count = Int64(3 * FeedLimits.pageChunks)
    try await fill(Int(count))
    let store = try open(clock) { $0.queuedReads = 8 }
    let feed = FeedFollower(store: store, feed: Self.feed)
    try await withThrowingTaskGroup(of: Int64.self) { group in
      for index in 0..<100 {
        group.addTask {
          let reader = try store.follow(Self.feed, from: .oldest)
          // Every other one goes away in the middle of its turns.
          let end = index.isMultiple(of: 2) ? count : count / 2
          return try await feed.read(reader, from: 0, to: end)
        }
      }
      for index in 0..<20 {
        let task = Task {
          let reader = try store.follow(Self.feed, from: .oldest)
          return try await feed.read(reader, from: 0, to: count)
        }
        if index.isMultiple(of: 2) { await Task.yield() }
        task.cancel()
        _ = await task.result
      }
      let head = try await store.read { connection throws(StoreError) in
        try connection.head(of: Self.feed)
      }
      #expect(head == count)
      for try await position in group { #expect(position >= count / 2) }
    }
    #expect(store.feedReaders == 0 && store.info.feedHub.reading == 0)
    await store.close()
  }

  /// Storage breaks under readers that wait and readers that are behind, with a batch of unknown
  /// outcome in between; all of them go on, and see each message that is durable once.
  @Test(arguments: [
    FaultDisk.Fault.writeError, .syncDoneButFailed, .syncLost,
  ])
  func readersGoOnAfterARecovery(_ fault: FaultDisk.Fault) async throws {
    let disk = FaultDisk(seed: SeededGenerator.seed())
    let store = try open(SystemClock()) {
      $0.vfs = disk.vfs
      $0.probeInterval = .milliseconds(1)
    }
    let feed = FeedFollower(store: store, feed: Self.feed)
    for _ in 0..<200 { try await feed.append(1) }
    let waiting = try store.follow(Self.feed, from: .now)
    let behind = try store.follow(Self.feed, from: .oldest)
    async let woken = waiting.next(after: 200)
    try await store.readersWait(1, for: Self.feed)
    let position = try FeedFollower.check(try await behind.next(after: 0), after: 0)
    disk.inject(fault, logOnly: true)
    let isCommitted = fault != .writeError
    if isCommitted {
      try await feed.append(5)
    } else {
      await #expect(throws: StoreError.unavailable(.recovering)) { try await feed.append(5) }
    }
    async let caughtUp = feed.read(behind, from: position, to: 200)
    await events.waits { $0 == .recovered(batchCommitted: isCommitted) }
    try await feed.append(5)
    let end: Int64 = isCommitted ? 210 : 205
    let seen = try FeedFollower.check(try await woken, after: 200)
    #expect(try await feed.read(waiting, from: seen, to: end) == end)
    #expect(try await feed.read(behind, from: try await caughtUp, to: end) == end)
    await store.close()
  }

  /// It is tried again for a while, and then said; where the reader was is as good as before.
  @Test func aReaderWhoseStoreCannotBeReadIsToldSo() async throws {
    let store = try open(clock)
    let feed = FeedFollower(store: store, feed: Self.feed)
    for _ in 0..<10 { try await feed.append(1) }
    let reader = try store.follow(Self.feed, from: .oldest)
    store.readers.suspend()
    let task = Task { try await reader.next(after: 0) }
    try await store.readersWait(1, for: Self.feed)
    let began = clock.boot()
    while clock.boot() - began < FeedLimits.patience {
      try await store.readersWait(1, for: Self.feed)
      clock.advance(by: FeedLimits.retryPause)
    }
    await #expect(throws: FeedError.store(.unavailable(.recovering))) { try await task.value }
    store.readers.resume()
    #expect(try await feed.read(reader, from: 0, to: 10) == 10)
    await store.close()
  }

  @Test func aStoreThatFailedEndsItsReaders() async throws {
    let disk = FaultDisk(seed: SeededGenerator.seed())
    let store = try open(SystemClock()) {
      $0.vfs = disk.vfs
      $0.probeInterval = .milliseconds(1)
    }
    let task = Task { try await store.follow(Self.feed, from: .now).next(after: 0) }
    try await store.readersWait(1, for: Self.feed)
    disk.inject(.syncLost, times: nil)
    await #expect(throws: StoreError.self) {
      try await FeedFollower(store: store, feed: Self.feed).append(1)
    }
    await #expect {
      try await task.value
    } throws: { error in
      if case FeedError.store(.failed) = error { true } else { false }
    }
    disk.heal()
    await store.close()
  }
}
