import Store
import StoreFaults
import Testing

/// Storage that fails: nothing acknowledged is lost, nothing is half, and where it can the store
/// goes on without a restart.
@Suite(.timeLimit(.minutes(10))) struct FaultTests {
  let folder = TemporaryFolder()
  let disk = FaultDisk(seed: SeededGenerator.seed())
  let events = StoreEvents()

  func open(_ change: (inout StoreConfiguration) -> Void = { _ in }) throws -> DurableStore {
    var configuration = StoreConfiguration(path: folder.database)
    configuration.vfs = disk.vfs
    configuration.probeInterval = .milliseconds(1)
    configuration.onEvent = { [events] in events.add($0) }
    change(&configuration)
    return try DurableStore.open(configuration, states: [Ledger.self])
  }

  struct Unwritable: Sendable, CustomTestStringConvertible {
    let fault: FaultDisk.Fault
    let error: StoreError
    var testDescription: String { "\(fault)" }
  }

  @Test(arguments: [
    Unwritable(fault: .full, error: .unavailable(.full)),
    Unwritable(fault: .readOnly, error: .unavailable(.readOnly)),
  ])
  func unwritableStorageIsRefusedAndTriedAgain(_ row: Unwritable) async throws {
    let store = try open()
    let client = LedgerClient(store: store)
    _ = try await client.book(1, to: "x", id: "before")
    disk.inject(row.fault, times: nil)
    await #expect(throws: row.error) { try await client.book(1, to: "x", id: "during") }
    // From now on refused without being tried.
    await #expect(throws: row.error) { try await client.book(1, to: "x", id: "during") }
    let seen = try await client.entries()
    #expect(seen.count == 1, "reads go on")
    #expect(try await client.balance("x") == 1, "and questions")
    #expect(try await client.problems().isEmpty)
    disk.heal()
    await events.waits { $0 == .writable }
    let answer = try await client.book(1, to: "x", id: "during")
    #expect(answer == .fresh(.booked(number: 2, balance: 2)))
    #expect(try await client.problems().isEmpty)
    await store.close()
  }

  /// Readers that would open their files only now couldn't.
  @Test(arguments: 0..<40)
  func readsGoOnAlsoIfTheyAreTheFirst(_ round: Int) async throws {
    let store = try open()
    disk.inject(.readOnly, times: nil)
    let seen = try await LedgerClient(store: store).entries()
    #expect(seen.isEmpty)
    await store.close()
  }

  /// Those that were asked before, and those that come while the store waits, also where it is
  /// closed meanwhile; none of them waits for the next try.
  @Test func questionsAreAnsweredWhileTheDiskIsFull() async throws {
    let store = try open { $0.probeInterval = .seconds(3_600) }
    let client = LedgerClient(store: store)
    _ = try await client.book(1, to: "x", id: "before")
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    async let change = Result { () async throws(StoreError) in
      try await client.book(1, to: "x", id: "during")
    }
    async let before = client.balance("x")
    await store.waits(for: 2)
    disk.inject(.full, times: nil)
    gate.open()
    try await held
    #expect(await change == .failure(.unavailable(.full)))
    // Together with the change it may have seen what was then taken back.
    #expect(try await before == 1)
    for _ in 0..<5 { #expect(try await client.balance("x") == 1) }
    await #expect(throws: StoreError.unavailable(.full)) {
      try await client.book(1, to: "x", id: "during")
    }
    await store.close()
    await #expect(throws: StoreError.closed) { try await client.balance("x") }
  }

  /// What a question changes nevertheless is taken back and not answered.
  @Test func aQuestionMustNotWrite() async throws {
    let store = try open { $0.probeInterval = .seconds(3_600) }
    let client = LedgerClient(store: store)
    let ledger = store.state(of: Ledger.self)
    disk.inject(.full, times: nil)
    await #expect(throws: StoreError.self) { try await client.book(1, to: "x", id: "1") }
    await #expect(throws: StoreError.statement("a question has written rows")) {
      try await store.ask(caller: "test") { ledger[$0].book(1, to: "x", $0) }
    }
    #expect(try await client.balance("x") == nil)
    await store.close()
  }

  @Test func anotherProgramsLockIsWaitedForAndThenRefused() async throws {
    let store = try open { $0.busyWait = .milliseconds(1) }
    let client = LedgerClient(store: store)
    let other = try ForeignProgram(path: folder.database)
    try other.lock()
    await #expect(throws: StoreError.unavailable(.busy)) {
      try await client.book(1, to: "x", id: "1")
    }
    try other.unlock()
    await events.waits { $0 == .writable }
    _ = try await client.book(1, to: "x", id: "1")
    #expect(try await client.balance("x") == 1)
    await store.close()
  }

  struct Broken: Sendable, CustomTestStringConvertible {
    let fault: FaultDisk.Fault
    let isCommitted: Bool
    var testDescription: String { "\(fault)" }
  }

  /// The table of outcomes that aren't known: what the marker says is what the caller gets.
  @Test(arguments: [
    Broken(fault: .writeError, isCommitted: false),
    Broken(fault: .syncDoneButFailed, isCommitted: true),
    Broken(fault: .syncLost, isCommitted: true),
  ])
  func brokenStorageIsReadAgainAndTheMarkerDecides(_ row: Broken) async throws {
    let store = try open()
    let client = LedgerClient(store: store)
    _ = try await client.book(1, to: "x", id: "before")
    let syncs = disk.syncs
    disk.inject(row.fault, logOnly: true)
    let during = await Result { () async throws(StoreError) in
      try await client.book(1, to: "x", id: "during")
    }
    #expect(
      during
        == (row.isCommitted
          ? .success(.fresh(.booked(number: 2, balance: 2)))
          : .failure(.unavailable(.recovering))))
    await events.waits { $0 == .recovered(batchCommitted: row.isCommitted) }
    #expect(disk.syncs > syncs, "what was recovered was synced again")
    let again = try await client.book(1, to: "x", id: "during")
    let outcome = Ledger.Outcome.booked(number: 2, balance: 2)
    #expect(again == (row.isCommitted ? .repeated(outcome) : .fresh(outcome)))
    #expect(try await client.problems().isEmpty)
    await store.close()
  }

  @Test func storageThatStaysBrokenEndsTheStore() async throws {
    let store = try open()
    let client = LedgerClient(store: store)
    _ = try await client.book(1, to: "x", id: "before")
    disk.inject(.syncLost, times: nil)
    await #expect(throws: StoreError.self) { try await client.book(1, to: "x", id: "during") }
    await events.waits { if case .failed = $0 { true } else { false } }
    disk.heal()
    await #expect {
      try await client.book(1, to: "x", id: "after")
    } throws: { error in
      if case StoreError.failed = error { true } else { false }
    }
    await store.close()
  }

  @Test func aFailedCheckpointIsRecoveredFrom() async throws {
    let store = try open { $0.checkpointPages = 1 }
    let client = LedgerClient(store: store)
    // The log's own sync is well; that of the file it is copied into isn't.
    disk.inject(.syncLost, after: 1)
    for number in 1...10 {
      _ = try? await client.book(1, to: "x", id: "r\(number)")
    }
    await events.waits { if case .recovered = $0 { true } else { false } }
    for number in 1...10 {
      _ = try? await client.book(1, to: "x", id: "r\(number)")
    }
    #expect(try await client.balance("x") == 10)
    #expect(try await client.problems().isEmpty)
    await store.close()
  }
}

extension FaultTests {
  /// Everyone in a batch of unknown outcome gets an end, also those whose decision threw.
  @Test(arguments: [FaultDisk.Fault.syncDoneButFailed, .writeError])
  func everyoneInABatchOfUnknownOutcomeGetsAnEnd(_ fault: FaultDisk.Fault) async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    async let good = Result { () async throws(StoreError) in
      try await store.execute(caller: "a") { ledger[$0].book(1, to: "x", $0) }
    }
    async let bad: Result<Bool, StoreError> = Result { () async throws(StoreError) in
      try await store.execute(caller: "a") { (batch) throws(StoreError) -> Bool in
        throw .constraint("mine")
      }
    }
    await store.waits(for: 2)
    disk.inject(fault, logOnly: true)
    gate.open()
    try await held
    let isCommitted = fault == .syncDoneButFailed
    let lost = StoreError.unavailable(.recovering)
    #expect(
      await good == (isCommitted ? .success(.booked(number: 1, balance: 1)) : .failure(lost)))
    #expect(await bad == .failure(isCommitted ? .constraint("mine") : lost))
    await store.close()
  }

  /// Failures of every kind while power cuts are waited for: the promises hold at every moment.
  @Test func faultsAndPowerCutsTogetherLoseNothing() async throws {
    let seed = SeededGenerator.seed()
    var trial = PowerLoss<PowerLossTests.Receipt>(seed: seed, states: [Ledger.self])
    trial.configure = {
      $0.checkpointPages = 40
      $0.probeInterval = .milliseconds(1)
    }
    let problems = try await trial.run(
      work: { store, disk, receipts in
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            var random = SeededGenerator(seed: seed)
            for _ in 0..<12 {
              let before = receipts.count
              let fault = FaultDisk.Fault.allCases.randomElement(using: &random) ?? .full
              disk.inject(fault, after: Int.random(in: 0..<20, using: &random))
              // Work goes on between two faults.
              while receipts.count < before + 5, !receipts.isFinished { await Task.yield() }
            }
            disk.heal()
          }
          group.addTask {
            await PowerLossTests.work(store, receipts, bookings: 80)
            receipts.finish()
          }
        }
      }, check: PowerLossTests.check)
    #expect(problems.isEmpty)
  }
}

extension FaultTests {
  /// A sync that failed leaves pages that read back and aren't on disk. If the recovery built on
  /// them without writing them again, a cut in the middle of it would leave half a batch.
  @Test func aPowerCutDuringTheRecoveryFromALostSyncLeavesNothingHalf() async throws {
    var trial = PowerLoss<PowerLossTests.Receipt>(
      seed: SeededGenerator.seed(), states: [Ledger.self])
    trial.cuts = 0
    trial.configure = {
      // The log is empty before each batch, so nothing older in it can hide what is lost.
      $0.checkpointPages = 1
      $0.probeInterval = .milliseconds(1)
    }
    let problems = try await trial.run(
      work: { store, disk, receipts in
        await PowerLossTests.work(store, receipts, callers: 1, bookings: 10)
        let ledger = store.state(of: Ledger.self)
        receipts.tryEveryCutFromNow()
        for _ in 0..<6 {
          // Behind the last batch's checkpoint, which syncs the log too.
          _ = try await store.execute(caller: "test") { _ in }
          // The first sync is of the log's new head, the second of the batch.
          disk.inject(.syncLost, after: 1, logOnly: true)
          // Many pages, of which a part may be there.
          try await store.execute(caller: "test") { batch in
            for account in 0..<60 {
              _ = ledger[batch].book(1, to: String(repeating: "\(account) ", count: 200), batch)
            }
          }
        }
      }, check: PowerLossTests.check)
    #expect(problems.isEmpty)
  }
}
