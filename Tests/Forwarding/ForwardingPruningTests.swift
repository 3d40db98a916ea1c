import Store
import Testing

@testable import Forwarding

/// The table at the head of Intake+Pruning.
@Suite(.timeLimit(.minutes(10))) struct ForwardingPruningTests {
  private static let capacity = ForwardingCapacity()
  private static let settings = IntakeSettings(
    lanes: 1, window: 0, batchSize: 1_000, retention: 3_600_000_000)

  private func submit(_ numbers: Range<Int>, code: String, _ stored: StoredForwarding) async throws
  {
    let orders = numbers.map { StoredForwarding.order($0, key: $0, code: code) }
    let refusal = try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.submit("b", orders, Self.capacity, batch)
    }
    #expect(refusal == nil)
    try await stored.settle()
  }

  private func put(_ unit: String, _ code: ExactText, _ stored: StoredForwarding) async throws {
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("b", unit: unit, codes: [code], batch)
    }
    try await stored.settle()
  }

  private func delete(_ unit: String, _ stored: StoredForwarding) async throws {
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.delete("b", unit: unit, force: true, batch)
    }
  }

  /// The oldest order that is kept once pruning has had its turn.
  private func floor(_ stored: StoredForwarding) async throws -> Int64? {
    stored.clock.advance(by: .seconds(61))
    try await stored.settle()
    return try await stored.look { book, _ in
      let intake = book.intakes["b"]?.intake
      #expect(intake?.kept == book.kept)
      return intake?.floor
    }
  }

  @Test func ordersGoOnceNothingNeedsThem() async throws {
    let stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("b", Self.settings, Self.capacity, batch)
    }
    try await put("erp", "A", stored)
    for first in stride(from: 1, to: 3_001, by: 1_000) {
      try await submit(first..<first + 1_000, code: "A", stored)
    }
    try await submit(3_001..<3_002, code: "X", stored)
    try await submit(3_002..<3_004, code: "A", stored)
    stored.clock.advance(by: .seconds(3_500))
    try await delete("erp", stored)
    #expect(try await floor(stored) == 1, "too young")
    stored.clock.advance(by: .seconds(3_600))
    #expect(try await floor(stored) == 3_001, "the quarantined one holds those behind it")
    try await put("wms", "X", stored)
    #expect(try await floor(stored) == 3_001, "it is queued")
    try await delete("wms", stored)
    #expect(try await floor(stored) == 3_002, "the newest chunk stays")
    let rows = try await stored.store.read { connection throws(StoreError) in
      var rows: [Int64] = []
      try connection.query(Statement("SELECT block FROM forwarding_place")) { row in
        rows.append(row.integer(0))
      }
      return rows
    }
    #expect(rows == [2])
    let before = try await stored.snapshot("b")
    try await stored.reopen()
    #expect(try await stored.snapshot("b") == before)
    #expect(try await floor(stored) == 3_002)
    // What is kept no more is taken as a new one; what is kept is known.
    try await submit(1..<2, code: "A", stored)
    try await submit(3_003..<3_004, code: "A", stored)
    #expect(try await stored.look { book, _ in book.intakes["b"]?.intake.nextSequence } == 3_005)
    await stored.store.close()
  }

  @Test func untouchedOrdersStayWhileOneIsQueued() async throws {
    let stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("b", Self.settings, Self.capacity, batch)
    }
    try await put("erp", "A", stored)
    try await submit(1..<2, code: "A", stored)
    try await submit(2..<3, code: "A", stored)
    stored.clock.advance(by: .seconds(86_400))
    #expect(try await floor(stored) == 1)
    await stored.store.close()
  }

  @Test func deadLetterKeepsItsOrderUntilItIsPurged() throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 1))
    trial.join(1)
    trial.submit("a", "b")
    try trial.acknowledge(2)
    try trial.fail(1)
    #expect(trial.places(1...2) == [.dead, .done])
    #expect(trial.intake.lookForUnfinished() == 1)
    try trial.intake.purge([1], at: trial.unit)
    #expect(trial.intake.lookForUnfinished() == 3)
  }

  @Test func cancellationThatWaitsKeepsItsOrder() throws {
    let intake = Intake(business: "b", settings: Self.settings)
    func order(_ identity: UInt64, _ code: ExactText, original: Int64 = 0) -> NewOrder {
      NewOrder(identity: identity, content: 0, key: 7, code: code, original: original)
    }
    try intake.put(unit: "erp", codes: ["A"], at: 0)
    _ = intake.submit(order(1, "A"), at: 0)
    _ = intake.dispatch(at: 0, limit: 10)
    _ = try intake.delete(unit: "erp", force: true)
    #expect(intake.lookForUnfinished() == 2)
    // Of the same key: behind one that no unit has the code of.
    _ = intake.submit(order(2, "X"), at: 0)
    _ = intake.submit(order(3, "A", original: 1), at: 0)
    _ = intake.dispatch(at: 0, limit: 10)
    #expect(intake.lookForUnfinished() == 1)
    try intake.put(unit: "wms", codes: ["X"], at: 0)
    _ = intake.dispatch(at: 0, limit: 10)
    #expect(intake.lookForUnfinished() == 2, "order 2 is queued; its predecessor may go")
    _ = try intake.delete(unit: "wms", force: true)
    #expect(intake.lookForUnfinished() == 4)
  }

  @Test func droppingThatIsTakenBackLeavesEverything() throws {
    let intake = Intake(business: "b", settings: Self.settings)
    try intake.put(unit: "erp", codes: ["A"], at: 0)
    for identity in 1...100 as ClosedRange<UInt64> {
      _ = intake.submit(
        NewOrder(identity: identity << 32, content: 0, key: identity, code: "A"), at: 0)
    }
    _ = intake.dispatch(at: 0, limit: 1_000)
    _ = try intake.delete(unit: "erp", force: true)
    intake.settle()
    let mark = intake.mark
    #expect(intake.lookForUnfinished() == 101)
    intake.raiseFloor(to: 51)
    #expect(intake.kept == 50 && intake.count(.forwarded) == 50)
    #expect(intake.seen.find(50 << 32) == nil && intake.seen.find(51 << 32)?.sequence == 51)
    // Growing on the way must not lose what may come back.
    for identity in 101...1_000 as ClosedRange<UInt64> {
      _ = intake.submit(
        NewOrder(identity: identity << 32, content: 0, key: identity, code: "A"), at: 0)
    }
    intake.undo(to: mark)
    #expect(intake.kept == 100 && intake.count(.forwarded) == 100)
    for identity in 1...100 as ClosedRange<UInt64> {
      #expect(intake.seen.find(identity << 32)?.sequence == Int64(identity))
    }
    intake.raiseFloor(to: 51)
    intake.settle()
    for identity in 101...1_000 as ClosedRange<UInt64> {
      _ = intake.submit(
        NewOrder(identity: identity << 32, content: 0, key: identity, code: "A"), at: 0)
    }
    #expect(intake.kept == 950 && intake.seen.find(1 << 32) == nil)
    #expect(intake.seen.find(1_000 << 32)?.sequence == 1_000)
  }
}
