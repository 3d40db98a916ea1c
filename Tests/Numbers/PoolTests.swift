import Testing

@testable import Numbers

@Suite struct PoolTests {
  @Test(arguments: [
    ("", Refusal.businessInvalid), ("a/b", .businessInvalid), ("shop", .poolExists),
  ])
  func refusesBusinesses(business: String, refusal: Refusal) throws {
    let shop = try BookFixture()
    #expect(throws: refusal) { try shop.make(business, "{serial:6}") }
  }

  @Test func refusesSettings() throws {
    let shop = try BookFixture()
    let cases: [(PoolField, (inout PoolSettings) -> Void)] = [
      (.lowWatermark, { $0.lowWatermark = -1 }),
      (.lowWatermark, { $0.lowWatermark = 10_000_001 }),
      (.lowWatermark, { $0.lowWatermark = .max }),
      (.highWatermark, { $0.highWatermark = 999 }),
      (.highWatermark, { $0.highWatermark = 10_000_000_001 }),
      (.highWatermark, { $0.highWatermark = .max }),
      (.highWatermark, { $0.highWatermark = .min }),
      (.generationBatch, { $0.generationBatch = .max }),
      (.defaultLeaseTTL, { $0.defaultLease = .max }),
      (.highWatermark, { $0.highWatermark = 10_000_001 }),
      (.generationBatch, { $0.generationBatch = 0 }),
      (.generationBatch, { $0.generationBatch = 1_000_001 }),
      (
        .generationBatch,
        {
          $0.highWatermark = 20_001; $0.generationBatch = 2
        }
      ),
      (.maxAge, { $0.maxAge = 999_999 }),
      (.maxAge, { $0.maxAge = .max }),
      (.quarantine, { $0.quarantine = -1 }),
      (.quarantine, { $0.quarantine = .max }),
      (.minLeaseTTL, { $0.minLease = 0 }),
      (.minLeaseTTL, { $0.minLease = .max }),
      (
        .maxLeaseTTL,
        {
          $0.minLease = 10_000_000; $0.maxLease = 9_000_000
        }
      ),
      (.maxLeaseTTL, { $0.maxLease = .max }),
      (.defaultLeaseTTL, { $0.defaultLease = 1 }),
      (.defaultLeaseTTL, { $0.defaultLease = .max }),
    ]
    for (number, (field, change)) in cases.enumerated() {
      do throws(Refusal) {
        try shop.make("other", "{serial:6}", change)
        Issue.record("case \(number) was accepted")
      } catch {
        guard case .settingOutOfRange(field, _, _) = error else {
          Issue.record("case \(number): \(error)")
          continue
        }
      }
    }
    #expect(throws: Refusal.timeZoneUnknown) {
      try shop.make("other", "{serial:6}") { $0.timeZone = "Mars/Olympus" }
    }
    #expect(throws: Refusal.templateInvalid(TemplateProblem(.serialMissing, at: 1))) {
      try shop.make("other", "x")
    }
  }

  @Test func aTemplateChangesOnlyToOneThatRepeatsNothing() throws {
    let shop = try BookFixture("A{serial:3}") { $0.reuse = .atOnce }
    let old = try shop.numbers(2)
    #expect(throws: Refusal.templateMayRepeat(earlier: "A{serial:3}")) {
      try shop.update { $0.template = "{serial:4,36}" }
    }
    try shop.update { $0.template = "B{serial:3}" }
    #expect(throws: Refusal.templateMayRepeat(earlier: "A{serial:3}")) {
      try shop.update { $0.template = "A{serial:3}" }
    }
    try shop.release([old[0]])
    // What came back of the old template isn't handed out any more; what is held stays good.
    #expect(try shop.numbers() == ["B001"])
    try shop.complete([old[1]])
    #expect(try shop.counters().lapsed == 998 - 1)
    #expect(try shop.counters().retired == 1)
    #expect(shop.book.contradictions == [])
  }

  @Test func templateChangesAreLimited() throws {
    let shop = try BookFixture("A{serial:1}-001")
    for number in 2...Limits.templatesPerPool {
      try shop.update { $0.template = "A{serial:1}-" + String(String(1_000 + number).dropFirst()) }
    }
    #expect(throws: Refusal.templateChangesExhausted) {
      try shop.update { $0.template = "B{serial:8}" }
    }
  }

  @Test func poolsAreListedInOrder() throws {
    let shop = try BookFixture()
    for business in ["b", "a", "c", "B"] { try shop.make(business, "{serial:6}") }
    let first = shop.book.pools(after: "", count: 2, at: shop.now)
    #expect(first.pools.map(\.business) == ["B", "a"] && first.more)
    let rest = shop.book.pools(after: "a", count: 3, at: shop.now)
    #expect(rest.pools.map(\.business) == ["b", "c", "shop"] && !rest.more)
  }

  @Test func parsesByEveryTemplateItHad() throws {
    let shop = try BookFixture("A{timestamp:yyMMdd}{serial:3}")
    try shop.update { $0.template = "B{serial:4}{check:11,10}" }
    let forms = try shop.book.forms(of: "shop")
    let view = try NumberView("A261121007", among: forms)
    #expect(view.serial == 7 && view.template == "A{timestamp:yyMMdd}{serial:3}")
    #expect(view.moment == 1_795_219_200_000_000)
    #expect(try NumberView("B00072", among: forms).check == "2")
    #expect(throws: NumberProblem(kind: .timestamp, position: 1)) {
      try NumberView("A261321007", among: forms)
    }
  }

  @Test func everythingCanBeUndone() throws {
    let shop = try BookFixture { $0.reuse = .atOnce }
    let numbers = try shop.numbers(5)
    try shop.release(Array(numbers[..<2]))
    shop.book.committed()
    let before = BookSnapshot(shop.book)
    try shop.make("other", "{serial:6}")
    let more = try shop.numbers(4)
    try shop.complete([more[0]], generation: 2, amount: .init(currency: "CNY", minor: 5))
    try shop.complete([numbers[4]])
    try shop.release([numbers[3]])
    try shop.update { $0.template = "NEW{serial:9}" }
    _ = try shop.allocate(3)
    shop.advance(seconds: 601)
    shop.expire()
    shop.fill()
    #expect(shop.book.contradictions == [])
    #expect(BookSnapshot(shop.book) != before)
    shop.book.undo(to: 0)
    shop.book.committed()
    #expect(BookSnapshot(shop.book) == before)
    #expect(shop.book.contradictions == [])
  }
}
