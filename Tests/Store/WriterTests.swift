import StoreFaults
import Testing

@testable import Store

/// Turns, deadlines, times and timed work.
@Suite(.timeLimit(.minutes(10))) struct WriterTests {
  let folder = TemporaryFolder()
  let clock = ManualClock()
  let events = StoreEvents()

  func open(
    clock: ManualClock? = nil, _ change: (inout StoreConfiguration) -> Void = { _ in }
  ) throws -> DurableStore {
    var configuration = StoreConfiguration(path: folder.database)
    configuration.onEvent = { [events] in events.add($0) }
    change(&configuration)
    return try DurableStore.open(
      configuration, clock: clock ?? self.clock, states: [Ledger.self])
  }

  @Test func aDeadlineBeforeTheDecisionDropsTheCommand() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    let deadline = store.boot + .seconds(1)
    async let late = Result { () async throws(StoreError) in
      try await store.execute(caller: "a", deadline: deadline) { ledger[$0].book(1, to: "x", $0) }
    }
    await store.waits(for: 1)
    clock.advance(by: .seconds(1))
    gate.open()
    try await held
    #expect(await late == .failure(.deadlineExceeded))
    #expect(try await LedgerClient(store: store).balance("x") == nil)
    await store.close()
  }

  @Test func aCancelledCommandIsAnsweredAtOnceAndNeverDecided() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    let task = Task {
      await Result { () async throws(StoreError) in
        try await store.execute(caller: "a") { ledger[$0].book(1, to: "x", $0) }
      }
    }
    await store.waits(for: 1)
    task.cancel()
    #expect(await task.value == .failure(.cancelled))
    gate.open()
    try await held
    #expect(try await LedgerClient(store: store).balance("x") == nil)
    await store.close()
  }

  @Test func theQueueHasAnEndInAllAndForEachCaller() async throws {
    let store = try open {
      $0.queuedCommands = 3
      $0.queuedCommandsPerCaller = 2
    }
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    async let a1: Void = store.execute(caller: "a") { _ in }
    async let a2: Void = store.execute(caller: "a") { _ in }
    await store.waits(for: 2)
    await #expect(throws: StoreError.queueFull) { try await store.execute(caller: "a") { _ in } }
    async let b1: Void = store.execute(caller: "b") { _ in }
    await store.waits(for: 3)
    await #expect(throws: StoreError.queueFull) { try await store.execute(caller: "c") { _ in } }
    gate.open()
    _ = try await (held, a1, a2, b1)
    await store.close()
  }

  @Test func timeNeverGoesBackWhateverTheWallClockDoes() async throws {
    var last = Timestamp(microseconds: 0)
    for step in [0, 3_600, -7_200, 60, -86_400] {
      clock.stepWall(by: .seconds(step))
      let store = try open()
      let now = try await store.execute(caller: "a") { batch in
        batch.mustCommit = true
        return batch.now
      }
      #expect(now >= last && now >= clock.wall())
      clock.stepWall(by: .seconds(-10))
      let later = try await store.execute(caller: "a") { $0.now }
      #expect(later >= now)
      last = later
      await store.close()
    }
  }

  @Test func aClockFarBehindIsToldOnceEachTime() async throws {
    let store = try open()
    func book() async throws -> Duration {
      try await store.execute(caller: "a") { $0.now - $0.wall }
    }
    #expect(try await book() == .zero)
    clock.stepWall(by: .seconds(-30))
    #expect(try await book() == .seconds(30))
    #expect(events.list.isEmpty)
    clock.stepWall(by: .seconds(-3_570))
    for _ in 0..<3 { #expect(try await book() == .seconds(3_600)) }
    #expect(events.list == [.clockBehind(by: .seconds(3_600))])
    clock.stepWall(by: .seconds(3_600))
    #expect(try await book() == .zero)
    clock.stepWall(by: .seconds(-61))
    #expect(try await book() == .seconds(61))
    #expect(events.list.last == .clockBehind(by: .seconds(61)) && events.list.count == 2)
    await store.close()
  }

  @Test func bootTimeGoesOnAfterARestartOfTheMachine() async throws {
    let store = try open()
    clock.advance(by: .seconds(500))
    let before = try await store.execute(caller: "a") { batch in
      batch.mustCommit = true
      return batch.boot
    }
    await store.close()
    // The machine was off for a day, and its boot clock has begun again.
    let next = ManualClock(wall: clock.wall() + .seconds(86_400), boot: BootTime(microseconds: 5))
    let again = try open(clock: next)
    #expect(again.boot == before)
    next.advance(by: .seconds(3))
    let after = try await again.execute(caller: "a") { $0.boot }
    #expect(after == before + .seconds(3))
    await again.close()
  }

  @Test func timedWorkRunsWhenItsTimeHasCome() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let due = store.boot + .seconds(10)
    try await store.execute(caller: "a") { ledger[$0].wakeAt = due }
    clock.advance(by: .seconds(9))
    // Two commands: timed work that is due shares the first one's batch.
    for _ in 0..<2 {
      #expect(try await store.execute(caller: "a") { ledger[$0].wakes } == 0)
    }
    clock.advance(by: .seconds(1))
    while try await store.execute(caller: "a", { ledger[$0].wakes }) == 0 {}
    #expect(try await LedgerClient(store: store).problems().isEmpty)
    #expect(try await LedgerClient(store: store).balance("wake") == 1)
    await store.close()
  }

  @Test func timedWorkThatFailsIsTriedAgainAndHarmsNobody() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    _ = try await LedgerClient(store: store).book(999_999, to: "wake", id: "")
    let due = store.boot
    try await store.execute(caller: "a") { ledger[$0].wakeAt = due }
    await events.waits { if case .wakeFailed("ledger", .constraint) = $0 { true } else { false } }
    _ = try await LedgerClient(store: store).book(-5, to: "wake", id: "")
    #expect(try await store.execute(caller: "a") { ledger[$0].wakes } == 0)
    clock.advance(by: .seconds(1))
    while try await store.execute(caller: "a", { ledger[$0].wakes }) == 0 {}
    #expect(try await LedgerClient(store: store).balance("wake") == 999_995)
    await store.close()
  }

  @Test func aThrowTakesBackItsOwnCommandOnly() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    async let good = store.execute(caller: "a") { ledger[$0].book(1, to: "x", $0) }
    await store.waits(for: 1)
    async let bad: Result<Bool, StoreError> = Result { () async throws(StoreError) in
      try await store.execute(caller: "a") { (batch) throws(StoreError) -> Bool in
        _ = ledger[batch].book(1, to: "x", batch)
        // After this the row is with the engine, and the whole batch has to be taken back.
        try batch.query(Ledger.count) { _ in }
        throw .constraint("mine")
      }
    }
    await store.waits(for: 2)
    async let last = store.execute(caller: "a") { ledger[$0].book(1, to: "y", $0) }
    await store.waits(for: 3)
    gate.open()
    try await held
    #expect(await bad == .failure(.constraint("mine")))
    #expect(try await good == .booked(number: 1, balance: 1))
    #expect(try await last == .booked(number: 2, balance: 1))
    #expect(try await LedgerClient(store: store).problems().isEmpty)
    await store.close()
  }

  @Test(arguments: [
    // 10 commands of 2 rows each.
    (1, 1_000, 1_000_000, 10), (4, 1_000, 1_000_000, 3), (256, 4, 1_000_000, 5),
    // A command that is larger than a batch is one of its own.
    (256, 1, 1_000_000, 10), (256, 1_000, 1, 10), (256, 1_000, 1_000_000, 1),
  ])
  func aBatchIsBoundedInCommandsRowsAndBytes(
    _ commands: Int, _ rows: Int, _ bytes: Int, batches: Int
  ) async throws {
    let store = try open {
      $0.batchCommands = commands
      $0.batchRows = rows
      $0.batchBytes = bytes
    }
    let ledger = store.state(of: Ledger.self)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<10 {
        group.addTask {
          _ = try await store.execute(caller: "a", rows: 2) { ledger[$0].book(1, to: "x", $0) }
        }
      }
      await store.waits(for: 10)
      gate.open()
      try await group.waitForAll()
    }
    try await held
    // The one at the gate was a batch too.
    #expect(try await store.execute(caller: "a") { ledger[$0].batches } == batches + 1)
    await store.close()
  }

  @Test func aQuestionToMemoryCostsNoSync() async throws {
    let disk = FaultDisk(seed: 1)
    let store = try open { $0.vfs = disk.vfs }
    let ledger = store.state(of: Ledger.self)
    let syncs = disk.syncs
    for _ in 0..<20 { _ = try await store.execute(caller: "a") { ledger[$0].entries } }
    #expect(disk.syncs == syncs)
    await store.close()
  }

  @Test func whatIsQueuedAtTheCloseIsDone() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    async let queued = store.execute(caller: "a") { ledger[$0].book(1, to: "x", $0) }
    await store.waits(for: 1)
    async let closed: Void = store.close()
    gate.open()
    try await held
    #expect(try await queued == .booked(number: 1, balance: 1))
    await closed
    await #expect(throws: StoreError.closed) { try await store.execute(caller: "a") { _ in } }
    await #expect(throws: StoreError.closed) { try await store.read { _ in } }
  }
}
