import Testing

@testable import Numbers

@Suite struct AllocateTests {
  @Test(arguments: [0, -1, 1_001])
  func refusesCounts(count: Int) throws {
    let shop = try BookFixture()
    #expect(throws: Refusal.countOutOfRange) { try shop.allocate(count) }
  }

  @Test func refusesCallersAndBusinesses() throws {
    let shop = try BookFixture()
    for holder in ["", String(repeating: "x", count: 129)] {
      #expect(throws: Refusal.holderInvalid) {
        try shop.allocate(as: Caller(principal: "", holder: holder))
      }
    }
    for (business, refusal) in [
      ("other", Refusal.poolNotFound), ("", .businessInvalid), ("a b", .businessInvalid),
      ("-a", .businessInvalid), (String(repeating: "x", count: 65), .businessInvalid),
    ] {
      #expect(throws: refusal) {
        try shop.book.allocate(
          AllocateCommand(business: business, count: 1, caller: shop.me), at: shop.now,
          rows: shop.rows)
      }
    }
  }

  @Test func serialsCountUpAndEachNumberHasItsMark() throws {
    let shop = try BookFixture()
    let allocation = try shop.allocate(3)
    #expect(allocation.numbers.map(\.number) == ["SO000001", "SO000002", "SO000003"])
    #expect(allocation.numbers.allSatisfy { $0.generation == 1 })
    #expect(allocation.expireTime == shop.now.wall + 600_000_000)
    #expect(shop.rows.locks.numbers.count == 3)
    #expect(try shop.counters().live == 3)
    #expect(shop.book.contradictions == [])
  }

  @Test func anEmptyPoolFillsItselfInsideTheCallAndTheGeneratorFillsItAhead() throws {
    let shop = try BookFixture {
      $0.lowWatermark = 20
      $0.highWatermark = 50
      $0.generationBatch = 10
    }
    _ = try shop.allocate(25)
    #expect(shop.rows.ranges == 1)
    #expect(try shop.stock().remainingInPool == 0)
    shop.fill()
    #expect(try shop.stock().remainingInPool == 50)
    #expect(try shop.counters().generated == 75)
    #expect(try shop.numbers() == ["SO000026"])
    _ = try shop.allocate(28)
    #expect(shop.book.poolsToFill.isEmpty)
    _ = try shop.allocate(2)
    #expect(!shop.book.poolsToFill.isEmpty)
  }

  @Test func aSerialIsNeverWrapped() throws {
    let shop = try BookFixture("N{serial:1}") { $0.reuse = .atOnce }
    _ = try shop.allocate(7)
    #expect(throws: Refusal.serialsExhausted(period: "", remaining: 0)) { try shop.allocate(3) }
    #expect(try shop.numbers(2) == ["N8", "N9"])
    #expect(throws: Refusal.serialsExhausted(period: "", remaining: 0)) { try shop.allocate() }
    shop.fill()
    try shop.release(["N3"])
    let again = try shop.allocate()
    #expect(again.numbers == [Allocation.Number(number: "N3", generation: 2)])
    #expect(try shop.stock().isLow)
    #expect(shop.book.contradictions == [])
  }

  @Test func fewSerialsAreToldOfOnceAPeriod() throws {
    let shop = try BookFixture("{timestamp:yyyyMMdd}{serial:2}") {
      $0.period = .daily
      $0.lowWatermark = 0
      $0.highWatermark = 1
      $0.generationBatch = 1
    }
    #expect(try shop.allocate(89).low == nil)
    let low = LowSerials(business: "shop", period: "2026-11-21", remaining: 9)
    #expect(try shop.allocate().low == low)
    #expect(try shop.allocate().low == nil)
    shop.advance(seconds: 86_400)
    #expect(try shop.allocate().low == nil)
    #expect(try shop.allocate(90).low?.period == "2026-11-22")
  }

  @Test func returnedNumbersGoOutFirstInTheOrderTheyCameBack() throws {
    let shop = try BookFixture { $0.reuse = .atOnce }
    let numbers = try shop.numbers(5)
    try shop.release([numbers[3]])
    try shop.release([numbers[1]])
    #expect(try shop.numbers(3) == [numbers[3], numbers[1], "SO000006"])
    #expect(try shop.counters().reused == 2)
    #expect(shop.book.contradictions == [])
  }

  @Test func generationsNeverStartAgain() throws {
    let shop = try BookFixture { $0.reuse = .atOnce }
    let pool = try shop.book.pool(of: "shop")
    try shop.release(try shop.numbers())
    let last = pool.returned[0]
    pool.returned.takeFirst(1)
    pool.returned.append(
      ReturnedNumber(
        series: last.series, generation: .max, serial: last.serial, generated: last.generated,
        returned: last.returned, event: last.event))
    #expect(try shop.numbers() == ["SO000002"])
    #expect(try shop.counters().retired == 1)
    #expect(shop.book.contradictions == [])
  }

  @Test func aQuarantineIsWaitedOut() throws {
    let shop = try BookFixture { $0.quarantine = 60_000_000 }
    let numbers = try shop.numbers(2)
    try shop.release([numbers[0]])
    shop.advance(seconds: 59)
    // The wall clock has no part in it.
    shop.now.wall += 86_400_000_000
    #expect(try shop.numbers() == ["SO000003"])
    #expect(try shop.stock().quarantined == 1)
    shop.advance(seconds: 1)
    #expect(try shop.stock().quarantined == 0)
    #expect(try shop.numbers() == [numbers[0]])
  }

  @Test func aNumberThatMayHaveBeenPrintedIsNotReused() throws {
    let shop = try BookFixture { $0.reuse = .never }
    let numbers = try shop.numbers(1)
    #expect(try shop.release(numbers) == [Released(time: shop.now.wall, isReusable: false)])
    #expect(try shop.numbers() == ["SO000002"])
    #expect(try shop.counters().retired == 1)
    #expect(shop.book.contradictions == [])
  }

  @Test func aNewPeriodStartsAtOneAndTheOldStockLapses() throws {
    let shop = try BookFixture("{timestamp:yyyyMMdd}{serial:3}") {
      $0.period = .daily
      $0.timeZone = "Asia/Shanghai"
      $0.generationBatch = 100
      $0.reuse = .atOnce
    }
    let first = try shop.numbers(3)
    #expect(first == ["20261121001", "20261121002", "20261121003"])
    try shop.release([first[0]])
    shop.advance(seconds: 10)
    #expect(try shop.numbers() == ["20261122001"])
    #expect(try shop.counters().lapsed == 97)
    #expect(try shop.counters().retired == 1)
    #expect(try shop.stock().period == "2026-11-22")
    // A number of yesterday is still held, and can be completed.
    try shop.complete([first[1]])
    #expect(shop.book.contradictions == [])
  }

  @Test func aStepBackOfTheWallClockNeverGoesBackInNumbers() throws {
    let shop = try BookFixture("{timestamp:yyyyMMddHHmmss}{serial:3}") {
      $0.period = .daily
      $0.generationBatch = 1
      $0.highWatermark = 1
      $0.lowWatermark = 0
    }
    shop.advance(seconds: 86_400)
    let first = try shop.numbers()
    shop.now.wall -= 10 * 86_400_000_000
    let second = try shop.numbers()
    #expect(first == ["20261122155950001"])
    #expect(second == ["20261122155950002"])
  }

  @Test func anOldNumberIsHandedOutOnlyUpToItsMaxAge() throws {
    let shop = try BookFixture("{timestamp:yyyyMMdd}{serial:5}") {
      $0.period = .daily
      $0.maxAge = 3_600_000_000
      $0.generationBatch = 10
    }
    _ = try shop.allocate()
    shop.advance(seconds: 3_600)
    // Nearly an hour old, from the day before at the pool's midnight, and still good.
    #expect(try shop.numbers() == ["2026112100002"])
    shop.now.wall += 1
    #expect(try shop.numbers() == ["2026112100011"])
    #expect(try shop.counters().lapsed == 8)
    #expect(shop.book.contradictions == [])
  }

  @Test func aTemplateThatCannotShowTheYearRefuses() throws {
    let shop = try BookFixture("{timestamp:yyMM}{serial:5}")
    shop.now.wall = 4_102_444_800_000_000
    #expect(throws: Refusal.yearNotShown) { try shop.allocate() }
    shop.fill()
    #expect(shop.rows.ranges == 0)
  }

  @Test func aClosedPeriodIsNotStartedAgain() throws {
    let shop = try BookFixture("{timestamp:yyyyMMdd}{serial:5}") {
      $0.period = .daily
      $0.lowWatermark = 0
      $0.highWatermark = 1
      $0.generationBatch = 1
    }
    for _ in 0..<10 {
      try shop.complete(try shop.numbers())
      shop.advance(seconds: 86_400)
      shop.book.committed()
    }
    let pool = try shop.book.pool(of: "shop")
    #expect(pool.editions[0].series.count == Limits.recentPeriods)
    // Only a change of the zone's rules could go back so far.
    pool.lastGenerated = .min
    shop.now.wall -= 9 * 86_400_000_000
    #expect(throws: Refusal.periodClosed(period: "2026-11-22")) { try shop.allocate() }
    shop.now.wall += 6 * 86_400_000_000
    #expect(try shop.numbers() == ["2026112800002"])
  }

  @Test func aRefusedCallChangesNothing() throws {
    let shop = try BookFixture("N{serial:2}") { $0.reuse = .atOnce }
    let numbers = try shop.numbers(50)
    try shop.release(Array(numbers[..<20]))
    shop.book.committed()
    let before = BookSnapshot(shop.book)
    #expect(throws: Refusal.self) { try shop.allocate(70) }
    #expect(throws: Refusal.self) { try shop.complete(Array(numbers[19...20])) }
    #expect(throws: Refusal.self) { try shop.release(Array(numbers[20...]) + ["N99"]) }
    #expect(BookSnapshot(shop.book) == before)
    #expect(shop.book.undoLog.isEmpty)
  }
}
