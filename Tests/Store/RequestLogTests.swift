import StoreFaults
import Testing

@testable import Store

@Suite struct RequestLogTests {
  let folder = TemporaryFolder()
  let clock = ManualClock()

  func open(_ change: (inout StoreConfiguration) -> Void = { _ in }) throws -> DurableStore {
    var configuration = StoreConfiguration(path: folder.database)
    change(&configuration)
    return try DurableStore.open(configuration, clock: clock, states: [Ledger.self])
  }

  static let first = Ledger.Outcome.booked(number: 1, balance: 5)

  struct Repeat: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var id = "id"
    var caller = "caller"
    var body: UInt8?
    let answer: Answer<Ledger.Outcome>
  }

  @Test(
    arguments: [
      Repeat(testDescription: "the same", answer: .repeated(first)),
      Repeat(testDescription: "another body", body: 77, answer: .conflict),
      Repeat(
        testDescription: "another id", id: "other", answer: .fresh(.booked(number: 2, balance: 10))),
      Repeat(
        testDescription: "another caller", caller: "b",
        answer: .fresh(.booked(number: 2, balance: 10))),
      Repeat(testDescription: "no id", id: "", answer: .fresh(.booked(number: 2, balance: 10))),
    ], [false, true])
  func aRepeatGetsTheFirstAnswer(_ row: Repeat, afterRestart: Bool) async throws {
    var store = try open()
    let answer = try await LedgerClient(store: store).book(5, to: "x", id: "id")
    #expect(answer == .fresh(Self.first))
    if afterRestart {
      await store.close()
      store = try open()
    }
    let again = try await LedgerClient(store: store)
      .book(5, to: "x", id: row.id, caller: row.caller, body: row.body)
    #expect(again == row.answer)
    await store.close()
  }

  @Test func refusalsAreNotRemembered() async throws {
    let store = try open()
    let client = LedgerClient(store: store)
    #expect(try await client.book(-5, to: "x", id: "id") == .fresh(.overdrawn))
    _ = try await client.book(5, to: "x", id: "other")
    #expect(
      try await client.book(-5, to: "x", id: "id") == .fresh(.booked(number: 2, balance: 0)))
    await store.close()
  }

  @Test func aRepeatInTheSameBatchGetsTheSameAnswer() async throws {
    let store = try open()
    let client = LedgerClient(store: store)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    let answers = try await withThrowingTaskGroup(of: Answer<Ledger.Outcome>.self) { group in
      for _ in 0..<10 { group.addTask { try await client.book(5, to: "x", id: "id") } }
      await store.waits(for: 10)
      gate.open()
      return try await group.reduce(into: []) { $0.append($1) }
    }
    try await held
    #expect(answers.filter { $0 == .fresh(Self.first) }.count == 1)
    #expect(answers.filter { $0 == .repeated(Self.first) }.count == 9)
    await store.close()
  }

  /// A version 7 UUID made `age` before the clock's wall time.
  func id(age: Duration) -> String {
    let milliseconds = (clock.wall() - age).microseconds / 1_000
    let digits = String(milliseconds, radix: 16)
    let padded = String(repeating: "0", count: 12 - digits.count) + digits
    return "\(padded.prefix(8))-\(padded.suffix(4))-7abc-8def-0123456789ab"
  }

  @Test(arguments: [
    (Duration.seconds(0), false), (.seconds(86_000), false), (.seconds(86_401), true),
    // From so far ahead that its time says nothing.
    (.seconds(-400), false),
  ])
  func anIdThatIsOlderThanTheWindowIsRefused(_ age: Duration, isTooOld: Bool) async throws {
    let store = try open()
    let answer = try await LedgerClient(store: store).book(5, to: "x", id: id(age: age))
    #expect((answer == .tooOld) == isTooOld)
    await store.close()
  }

  /// What the store shows stands still until the clock is there again, but ids are of today.
  @Test func aJumpOfTheClockThatIsCorrectedRefusesNoNewId() async throws {
    let store = try open()
    clock.stepWall(by: .seconds(40 * 86_400))
    _ = try await LedgerClient(store: store).book(5, to: "x", id: "ahead")
    await store.close()
    clock.stepWall(by: .seconds(-40 * 86_400))
    let again = try open()
    let answer = try await LedgerClient(store: again).book(5, to: "x", id: id(age: .zero))
    #expect(answer == .fresh(.booked(number: 2, balance: 10)))
    let old = try await LedgerClient(store: again).book(5, to: "x", id: id(age: .seconds(86_401)))
    #expect(old == .tooOld)
    await again.close()
  }

  /// The log forgets by the boot clock. What it has forgotten is old, whatever the wall clock says.
  @Test(arguments: [Duration.seconds(3_600), .seconds(20 * 3_600)], [false, true])
  func aForgottenIdIsRefusedAlsoIfTheWallIsSetBack(
    _ step: Duration, beforeItIsForgotten: Bool
  ) async throws {
    let store = try open()
    let old = id(age: .zero)
    _ = try await LedgerClient(store: store).book(5, to: "x", id: old)
    if beforeItIsForgotten { clock.stepWall(by: .zero - step) }
    clock.advance(by: .seconds(86_400 + 301))
    try await settle(store)
    if !beforeItIsForgotten { clock.stepWall(by: .zero - step) }
    #expect(try await LedgerClient(store: store).book(5, to: "x", id: old) == .tooOld)
    await store.close()
    let again = try open()
    #expect(try await LedgerClient(store: again).book(5, to: "x", id: old) == .tooOld)
    let young = try await LedgerClient(store: again).book(5, to: "x", id: id(age: .seconds(60)))
    #expect(young == .fresh(.booked(number: 2, balance: 10)))
    await again.close()
  }

  /// Forgotten ids of a time that never was don't stand in the way of today's.
  @Test func aLongJumpOfTheClockThatIsCorrectedRefusesNoNewIdEither() async throws {
    let store = try open()
    let client = LedgerClient(store: store)
    clock.stepWall(by: .seconds(40 * 86_400))
    _ = try await client.book(5, to: "x", id: id(age: .zero))
    clock.advance(by: .seconds(86_400 + 301))
    try await settle(store)
    clock.stepWall(by: .seconds(-40 * 86_400))
    let today = id(age: .zero)
    #expect(try await client.book(5, to: "x", id: today) == .fresh(.booked(number: 2, balance: 10)))
    clock.advance(by: .seconds(86_400 + 301))
    try await settle(store)
    clock.stepWall(by: .seconds(-3_600))
    #expect(try await client.book(5, to: "x", id: today) == .tooOld, "today's count")
    await store.close()
  }

  @Test func anOldIdThatIsStillKeptIsAnswered() async throws {
    let store = try open()
    let old = id(age: .seconds(86_390))
    _ = try await LedgerClient(store: store).book(5, to: "x", id: old)
    // The wall steps; the time that requests are kept for doesn't.
    clock.stepWall(by: .seconds(60))
    let again = try await LedgerClient(store: store).book(5, to: "x", id: old)
    #expect(again == .repeated(Self.first))
    await store.close()
  }

  /// Runs what is due in the background until nothing is.
  func settle(_ store: DurableStore) async throws {
    let log = store.state(of: RequestLog.self)
    let boot = clock
    while try await store.execute(
      caller: "test", { batch in log[batch].nextWake.map { $0 <= batch.boot } ?? false })
    {
      boot.advance(by: .microseconds(1))
    }
  }

  @Test func beyondMemoryRequestsAreFoundOnDisk() async throws {
    let change: (inout StoreConfiguration) -> Void = {
      $0.requestIDsInMemory = 100
      $0.recentAnswers = 1
    }
    var store = try open(change)
    for number in 1...1_500 {
      if number.isMultiple(of: 100) { clock.advance(by: .seconds(1)) }
      _ = try await LedgerClient(store: store).book(1, to: "x", id: "r\(number)")
    }
    try await settle(store)
    for _ in 0..<2 {
      let log = store.state(of: RequestLog.self)
      #expect(try await store.execute(caller: "test") { log[$0].requestsInMemory } <= 100)
      for number in stride(from: 1, through: 1_500, by: 37) {
        let again = try await LedgerClient(store: store).book(1, to: "x", id: "r\(number)")
        let balance = Int64(number)
        #expect(again == .repeated(.booked(number: balance, balance: balance)))
      }
      await store.close()
      store = try open(change)
    }
    await store.close()
  }

  @Test(arguments: [10, 4_000_000])
  func afterTheWindowRequestsArePruned(_ inMemory: Int) async throws {
    let change: (inout StoreConfiguration) -> Void = { $0.requestIDsInMemory = inMemory }
    let store = try open(change)
    for number in 1...700 {
      _ = try await LedgerClient(store: store).book(1, to: "x", id: "r\(number)")
    }
    try await settle(store)
    clock.advance(by: .seconds(24 * 60 * 60 + 200))
    try await settle(store)
    let again = try await LedgerClient(store: store).book(1, to: "x", id: "r1")
    #expect(again == .repeated(.booked(number: 1, balance: 1)), "kept for the skew as well")
    clock.advance(by: .seconds(101))
    try await settle(store)
    let left = try await store.read { connection throws(StoreError) in
      var left: [Int64] = []
      try connection.query(Self.count) { left = [$0.integer(0), $0.integer(1)] }
      return left
    }
    #expect(left == [0, 0])
    let fresh = try await LedgerClient(store: store).book(1, to: "x", id: "r1")
    #expect(fresh == .fresh(.booked(number: 701, balance: 701)))
    await store.close()
    let reopened = try open(change)
    let kept = try await LedgerClient(store: reopened).book(1, to: "x", id: "r1")
    #expect(kept == .repeated(.booked(number: 701, balance: 701)))
    await reopened.close()
  }

  static let count = Statement(
    "SELECT (SELECT count(*) FROM request_chunk), (SELECT count(*) FROM request_index)")

  @Test func aFailedBatchLeavesNoTrace() async throws {
    let store = try open()
    let client = LedgerClient(store: store)
    await #expect(throws: StoreError.self) { try await client.book(2_000_000, to: "x", id: "id") }
    // Not .repeated, not .conflict.
    let answer = try await client.book(5, to: "x", id: "id")
    #expect(answer == .fresh(Self.first))
    await store.close()
  }
}
