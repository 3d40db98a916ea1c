import Store
import Testing

@testable import Stock

/// The book in its store: what is taken back leaves nothing, what is restarted comes back, and forms stay.
@Suite(.timeLimit(.minutes(10))) struct StockBookTests {
  private static func record(_ moves: (String, MoveKind, Int64, String)...) -> StoredStock.Change {
    let moves = moves.map {
      StockMove(
        id: "\($0)", good: $0.0, kind: $0.1, quantity: $0.2, reference: $0.3)
    }
    return { (book, batch) throws(StockFailure) in
      _ = try book.record("shop", moves, by: "me", StockCapacity(), batch)
    }
  }

  private static func put(_ good: String, _ target: Int64) -> StoredStock.Change {
    { (book, batch) throws(StockFailure) in
      let policy = ReplenishmentPolicy(
        reorderPoint: 1, target: target, packSize: 1, leadSeconds: 60)
      _ = try book.put("shop", [(good: good, policy: policy)], StockCapacity(), batch)
    }
  }

  private static let changes: [(String, StoredStock.Change)] = [
    ("received", record(("tea", .received, 9, ""))), ("policy", put("tea", 5)),
    ("a policy of a new good", put("rice", 5)),
    ("reserved and in transit", record(("tea", .reserved, 4, "o"), ("tea", .inTransit, 6, "c"))),
    ("part of both", record(("tea", .shipped, 1, "o"), ("tea", .received, 2, "c"))),
    ("the rest of both", record(("tea", .released, 0, "o"), ("tea", .transitEnded, 0, "c"))),
    ("another policy", put("tea", 6)),
    (
      "no policy",
      { (book, batch) throws(StockFailure) in
        _ = try book.deletePolicies("shop", ["tea"], StockCapacity(), batch)
      }
    ),
    (
      "seal", { (book, batch) throws(StockFailure) in try book.seal(batch.now.microseconds, batch) }
    ),
  ]

  @Test func whatIsTakenBackLeavesNothingAndWhatIsRestartedComesBack() async throws {
    let stored = try StoredStock()
    for (name, change) in Self.changes {
      let before = try await stored.snapshot()
      try await stored.changeInVain(change)
      #expect(try await stored.snapshot() == before, "\(name), in vain")
      try await stored.change(change)
      let after = try await stored.snapshot()
      #expect(after != before, "\(name)")
      try await stored.reopen()
      let differences = Set(try await stored.snapshot()).symmetricDifference(after).sorted()
      #expect(differences == [], "\(name), after a restart")
    }
    await stored.store.close()
  }

  @Test func whatIsRefusedLeavesNothing() async throws {
    let stored = try StoredStock()
    let book = stored.store.state(of: StockBook.self)
    for business in ["shop", "other"] {
      let refused = try await stored.store.execute(caller: "test") {
        (batch) throws(StoreError) -> Bool in
        let move = StockMove(
          id: "i", good: "tea", kind: .released, quantity: 1, reference: "o")
        do throws(StockFailure) {
          _ = try book[batch].record(business, [move], by: "", StockCapacity(), batch)
          return false
        } catch {
          return true
        }
      }
      #expect(refused)
    }
    #expect(try await stored.look { $0.ledgers.count } == 0)
    await stored.store.close()
  }

  /// A form that was given out is sealed: after a restart with a clock that was set back, nothing that is
  /// recorded can come before its window's end.
  @Test func aFormStaysAfterTheClockWasSetBack() async throws {
    let stored = try StoredStock()
    try await stored.change(Self.record(("tea", .received, 9, "")))
    try await stored.change(Self.put("tea", 50))
    stored.clock.advance(by: .seconds(600))
    let end = stored.clock.wall().microseconds
    let first = try await stored.form(end)
    #expect(first.count == 1)
    let back = ManualClock(
      wall: Timestamp(microseconds: end - 500 * StockLimits.second), boot: stored.clock.boot())
    try await stored.reopen(back)
    try await stored.change(Self.record(("tea", .shipped, 4, "")))
    try await stored.change(Self.put("tea", 70))
    #expect(try await stored.form(end) == first)
    back.advance(by: .seconds(3_000))
    let later = try await stored.form(back.wall().microseconds)
    #expect(later != first && later.count == 1)
    await stored.store.close()
  }

  /// Random histories over several restarts: the tables' figures, entries, open quantities and forms are
  /// what a recomputation from the entries gives.
  @Test(arguments: 0..<8)
  func tablesAreARecomputation(seed: UInt64) async throws {
    var random = Seeded(state: seed)
    let stored = try StoredStock()
    var moves: [StockMove] = []
    var ends: [(end: Int64, form: [String])] = []
    for round in 0..<30 {
      let kind = MoveKind.allCases.randomElement(using: &random) ?? .counted
      let good = ["tea", "rice"].randomElement(using: &random) ?? "tea"
      let move = StockMove(
        id: "\(round)", good: good, kind: kind,
        quantity: kind.least == 0 && kind != .counted ? 0 : Int64.random(in: 1...9, using: &random),
        reference: kind.needsReference ? ["a", "b"].randomElement(using: &random) ?? "a" : "")
      let change: StoredStock.Change = { (book, batch) throws(StockFailure) in
        _ = try book.record("shop", [move], by: "", StockCapacity(), batch)
      }
      if Bool.random(using: &random) { try await stored.changeInVain(change) }
      try await stored.change(change)
      moves.append(move)
      if round % 7 == 3 { try await stored.change(Self.put(good, Int64(round))) }
      if Bool.random(using: &random) { stored.clock.advance(by: .seconds(100)) }
      if round % 10 == 9 {
        let end = stored.clock.wall().microseconds
        ends.append((end: end, form: try await stored.form(end)))
        try await stored.reopen()
      }
      for (end, form) in ends { #expect(try await stored.form(end) == form, "seed \(seed)") }
    }
    let (goods, entries) = try await stored.store.read { (connection) throws(StoreError) in
      let goods = try connection.goods(of: "shop", after: "", limit: 10)
      var entries: [StoredEntry] = []
      for good in goods {
        entries += try connection.entries(
          of: good.name, "shop", from: .min, before: .init(time: .max, sequence: 1), limit: 100)
      }
      return (goods, entries)
    }
    #expect(entries.count == moves.count)
    let own = entries.sorted { $0.entry.sequence < $1.entry.sequence }.map(\.entry)
    #expect(own.map(\.move) == moves)
    for good in goods {
      let mine = own.filter { $0.move.good == good.name }
      #expect(good.figures == Recomputation(mine.map(\.move)).figures, "seed \(seed)")
      #expect(good.figures == mine.last?.after ?? StockFigures())
    }
    await stored.store.close()
  }
}
