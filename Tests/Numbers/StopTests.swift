import Store
import Testing

@testable import Numbers

@Suite(.timeLimit(.minutes(10))) struct StopTests {
  /// Who holds a switch off, the oldest first: "o" the operator, "w" and "v" two warnings.
  static let table: [(before: String, event: String, after: String)] = [
    ("", "operator stops", "o"), ("o", "operator stops", "o"),
    ("w", "operator stops", "wo"), ("ow", "operator stops", "ow"),
    ("", "operator resumes", ""), ("o", "operator resumes", ""),
    ("w", "operator resumes", "w"), ("ow", "operator resumes", "w"),
    ("", "operator lifts all", ""), ("o", "operator lifts all", ""),
    ("wv", "operator lifts all", ""), ("owv", "operator lifts all", ""),
    ("", "w stops", "w"), ("o", "w stops", "ow"), ("w", "w stops", "w"), ("v", "w stops", "vw"),
    ("ow", "w stops", "ow"), ("ov", "w stops", "ovw"),
    ("", "w resumes", ""), ("o", "w resumes", "o"), ("w", "w resumes", ""), ("v", "w resumes", "v"),
    ("wv", "w resumes", "v"), ("ow", "w resumes", "o"), ("owv", "w resumes", "ov"),
  ]

  @Test(arguments: table, PoolSwitch.allCases)
  func theTableHolds(row: (before: String, event: String, after: String), target: PoolSwitch) throws
  {
    let shop = try BookFixture()
    for cause in row.before {
      try shop.happens(cause == "o" ? "operator stops" : "\(cause) stops", target)
    }
    let times = try shop.causes(target).map(\.time)
    shop.book.committed()
    let before = BookSnapshot(shop.book)
    shop.advance(seconds: 1)
    let changed = try shop.happens(row.event, target)
    #expect(try shop.holders(target) == row.after)
    #expect(changed == (row.before != row.after))
    // Who holds it already holds it since before.
    let kept = try shop.causes(target).filter { times.contains($0.time) }
    #expect(kept.count == row.after.filter { row.before.contains($0) }.count)
    let other: PoolSwitch = target == .generation ? .business : .generation
    #expect(try shop.causes(other).isEmpty)
    shop.book.undo(to: 0)
    #expect(BookSnapshot(shop.book) == before)
  }

  @Test func aStoppedGeneratorLeavesTheStockAndWhatComesBack() throws {
    let shop = try BookFixture {
      $0.reuse = .atOnce
      $0.lowWatermark = 5
      $0.highWatermark = 10
      $0.generationBatch = 10
    }
    shop.fill()
    let first = try shop.numbers(2)
    try shop.happens("operator stops", .generation)
    let cause = try #require(try shop.causes(.generation).first)
    #expect(throws: Refusal.generationStopped(cause, remaining: 8)) { try shop.allocate(9) }
    _ = try shop.allocate(7)
    shop.fill()
    #expect(try shop.counters().generated == 10)
    try shop.release([first[0]])
    #expect(try shop.numbers(2) == [first[0], "SO000010"])
    #expect(throws: Refusal.generationStopped(cause, remaining: 0)) { try shop.allocate() }
    shop.fill()
    #expect(try shop.counters().generated == 10)
    // One of two that hold it is not enough.
    try shop.happens("w stops", .generation)
    try shop.happens("operator resumes", .generation)
    #expect(throws: Refusal.self) { try shop.allocate() }
    #expect(shop.book.poolsToFill.isEmpty)
    try shop.happens("w resumes", .generation)
    #expect(!shop.book.poolsToFill.isEmpty)
    #expect(try shop.numbers() == ["SO000011"])
    #expect(shop.book.contradictions == [])
  }

  @Test func aSpentSerialIsToldBeforeAStop() throws {
    let shop = try BookFixture("N{serial:1}")
    _ = try shop.allocate(9)
    try shop.happens("operator stops", .generation)
    #expect(throws: Refusal.serialsExhausted(period: "", remaining: 0)) { try shop.allocate() }
  }

  @Test func aStoppedBusinessGetsNothingAndNamesTheWarning() throws {
    let shop = try BookFixture()
    let numbers = try shop.numbers(2)
    try shop.happens("operator stops", .business)
    let byOperator = try #require(try shop.causes(.business).first)
    #expect(throws: Refusal.businessStopped(byOperator)) { try shop.allocate() }
    shop.advance(seconds: 1)
    try shop.happens("w stops", .business)
    let byWarning = try #require(try shop.causes(.business).last)
    #expect(throws: Refusal.businessStopped(byWarning)) { try shop.allocate() }
    // What is held goes on.
    try shop.complete([numbers[0]])
    try shop.release([numbers[1]])
    try shop.happens("operator lifts all", .business)
    _ = try shop.allocate()
    #expect(shop.book.contradictions == [])
  }

  @Test func warningsStopInATransactionOfTheirOwnAndSurviveARestart() async throws {
    let book = try StoredBook()
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      _ = try book.createPool(
        "shop", PoolSettings(template: "N{serial:6}"), zone: .utc, at: now, rows: rows)
      return try book.stop(
        StopCommand(
          business: "shop", target: .generation, principal: "dns:ops", reason: "full"),
        at: now, rows: rows)
    }.0.get()
    func ask<Value: Sendable>(
      _ body: @escaping @Sendable (NumberState, Batch) throws(StoreError) -> Value
    ) async throws -> Value {
      let state = book.store.state(of: NumberState.self)
      return try await book.store.execute(caller: "w") { (batch) throws(StoreError) in
        try body(state[batch], batch)
      }
    }
    typealias Outcome = NumberState.StopOutcome
    func stop(_ business: String, _ id: String) async throws -> Outcome {
      try await ask { (state, batch) throws(StoreError) in
        try state.stop(
          .business, of: business, warning: id, text: String(repeating: "ä", count: 200), batch)
      }
    }
    func resume(_ id: String) async throws -> Outcome {
      try await ask { (state, batch) throws(StoreError) in
        try state.resume(.business, of: "shop", warning: id, batch)
      }
    }
    #expect(try await stop("none", "w1") == .noPool)
    #expect(try await stop("shop", "w1") == .changed)
    #expect(try await stop("shop", "w1") == .unchanged)
    for number in 2...Limits.stopsPerSwitch {
      #expect(try await stop("shop", "w\(number)") == .changed)
    }
    #expect(try await stop("shop", "one more") == .tooManyCauses)
    #expect(try await resume("w9") == .changed)
    #expect(try await resume("w9") == .unchanged)
    let before = try await book.look { book, _ in BookSnapshot(book) }
    try await book.reopen()
    let after = try await book.look { book, _ in BookSnapshot(book) }
    #expect(after == before)
    let figures = try #require(try await ask { state, batch in state.figures(of: "shop", batch) })
    #expect(figures.generationStops.map(\.principal) == ["dns:ops"])
    #expect(figures.businessStops.count == Limits.stopsPerSwitch - 1)
    #expect(figures.businessStops[0].reason == String(repeating: "ä", count: 128))
    #expect(figures.serialsOfPeriod == 999_999 && figures.highWatermark == 10_000)
    #expect(try await ask { state, batch in state.businesses(batch) } == ["shop"])
    #expect(try await ask { state, batch in state.figures(of: "none", batch) } == nil)
    await book.close()
  }
}

extension BookFixture {
  @discardableResult
  fileprivate func happens(_ event: String, _ target: PoolSwitch) throws(Refusal) -> Bool {
    let pool = try book.pool(of: "shop")
    let command = StopCommand(business: "shop", target: target, principal: "", reason: "because")
    switch event {
    case "operator stops": return try book.stop(command, at: now, rows: rows).changed
    case "operator resumes":
      return try book.resume(command, liftWarnings: false, at: now, rows: rows).changed
    case "operator lifts all":
      return try book.resume(command, liftWarnings: true, at: now, rows: rows).changed
    default:
      let id = String(event.prefix(1))
      guard event.hasSuffix("stops") else {
        return book.resume(target, of: pool, warning: id, at: now, rows: rows)
      }
      let cause = StopCause(warning: id, principal: "", reason: "low", time: now.wall)
      return book.stop(target, of: pool, cause, rows: rows)
    }
  }

  fileprivate func causes(_ target: PoolSwitch) throws(Refusal) -> [StopCause] {
    try book.pool(of: "shop").stops[target].causes
  }

  /// As in the table: the oldest first.
  fileprivate func holders(_ target: PoolSwitch) throws(Refusal) -> String {
    try causes(target).map { $0.isOperator ? "o" : $0.warning }.joined()
  }
}
