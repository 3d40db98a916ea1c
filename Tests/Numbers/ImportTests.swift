import Store
import Testing

@testable import Numbers

@Suite(.timeLimit(.minutes(10))) struct ImportTests {
  private func items(
    _ numbers: [String], as caller: Caller = Caller(principal: "", holder: "me"),
    end: ImportCommand.Completion? = nil
  ) -> [ImportCommand.Item] {
    numbers.map { ImportCommand.Item(number: $0, caller: caller, end: end) }
  }

  @discardableResult
  private func take(
    _ shop: BookFixture, _ items: [ImportCommand.Item],
    lease: AllocateCommand.LeaseChoice = .poolDefault
  ) throws(Refusal) -> [ImportedNumber] {
    try shop.book.importNumbers(
      ImportCommand(business: "shop", lease: lease, items: items), at: shop.now, rows: shop.rows)
  }

  private func runs(_ shop: BookFixture) -> [ClosedRange<Int64>] {
    shop.rows.skipped.values.map { $0.first...$0.last }.sorted { $0.lowerBound < $1.lowerBound }
  }

  @Test func theSerialGoesOnBehindTheHighest() throws {
    let shop = try BookFixture { $0.reuse = .atOnce }
    let imported = try take(shop, items(["SO000007", "SO000003"]))
    #expect(
      imported.map(\.expireTime) == [shop.now.wall + 600_000_000, shop.now.wall + 600_000_000])
    #expect(imported[0].lease == imported[1].lease && imported[0].lease > 0)
    #expect(try shop.numbers() == ["SO000008"])
    #expect(runs(shop) == [1...2, 4...6])
    #expect(try shop.stock().remainingInPeriod == 999_999 - 7 - 1_000)
    // Imported ones are held like any other.
    try shop.complete(["SO000003"])
    try shop.release(["SO000007"])
    #expect(try shop.allocate().numbers == [.init(number: "SO000007", generation: 2)])
    let counters = try shop.counters()
    #expect(counters.imported == 2 && counters.allocated == 2 && counters.live == 2)
    #expect(shop.book.contradictions == [])
  }

  @Test func whatWasPassedOverCanStillBeImported() throws {
    let shop = try BookFixture()
    try take(shop, items(["SO000010"]))
    try take(shop, items(["SO000005", "SO000001", "SO000009", "SO000012"]))
    #expect(runs(shop) == [2...4, 6...8, 11...11])
    try take(shop, items(["SO000011", "SO000003", "SO000006", "SO000008", "SO000007"]))
    #expect(runs(shop) == [2...2, 4...4])
    let series = try #require(shop.book.series.elements.compactMap { $0 }.first)
    #expect(series.counts.skipped == 2 && series.next == 13)
    #expect(try shop.numbers() == ["SO000013"])
    #expect(shop.book.contradictions == [])
  }

  @Test(arguments: TakenSerial.allCases)
  func whatIsTakenIsRefusedByWhatItIs(state: TakenSerial) throws {
    let shop = try BookFixture {
      $0.startSerial = 10
      $0.reuse = .atOnce
    }
    var numbers = try shop.numbers(3)
    try shop.complete([numbers[1]])
    try shop.release([numbers[2]])
    switch state {
    case .beforeStart: numbers = ["SO000009"]
    case .live: numbers = [numbers[0]]
    case .completed: numbers = [numbers[1]]
    case .returned: numbers = [numbers[2]]
    case .made: numbers = ["SO000013"]
    }
    shop.book.committed()
    let before = BookSnapshot(shop.book)
    #expect(throws: Refusal.importTaken(1, state)) {
      try take(shop, items(["SO800000"] + numbers))
    }
    #expect(BookSnapshot(shop.book) == before && shop.book.undoLog.isEmpty && runs(shop).isEmpty)
  }

  @Test func whatIsImportedIsTaken() throws {
    let shop = try BookFixture()
    try take(shop, items(["SO000005"]) + items(["SO000003"], end: .init()))
    for (number, state) in [("SO000005", TakenSerial.live), ("SO000003", .completed)] {
      #expect(throws: Refusal.importTaken(0, state)) { try take(shop, items([number])) }
    }
    #expect(throws: Refusal.numberTwice(1)) { try take(shop, items(["SO000009", "SO000009"])) }
  }

  @Test func aCompletedNumberCountsWithItsAmount() throws {
    let shop = try BookFixture()
    let end = ImportCommand.Completion(amount: .init(currency: "CNY", minor: 500))
    #expect(try take(shop, items(["SO000001", "SO000002"], end: end))[0].lease == 0)
    let view = try shop.book.counter("shop", at: shop.now)
    #expect(view.amounts == [.init(currency: "CNY", minor: 500 * 2)])
    #expect(view.counters.completed == 2 && view.counters.live == 0)
    // Its holder may repeat the completion, and nobody gets the number again.
    try shop.complete(["SO000001"], amount: .init(currency: "CNY", minor: 500))
    #expect(try shop.numbers() == ["SO000003"])
    for (currency, minor, refusal) in [
      ("yuan", 1, Refusal.currencyInvalid(0)), ("CNY", -1, .amountNegative(0)),
      ("CNY", .max, .amountOverflow(0)),
    ] as [(String, Int64, Refusal)] {
      let bad = ImportCommand.Completion(amount: .init(currency: currency, minor: minor))
      #expect(throws: refusal) { try take(shop, items(["SO900000"], end: bad)) }
    }
    #expect(shop.book.contradictions == [])
  }

  @Test func eachHolderGetsALeaseAndLimitsHold() throws {
    let shop = try BookFixture(
      book: Book(incarnation: 77, limits: CapacityLimits(liveNumbersPerPool: 4, leasesPerPool: 2)))
    let you = Caller(principal: "dns:you", holder: "you")
    let them = Caller(principal: "", holder: "them")
    #expect(throws: Refusal.liveNumbersExhausted(limit: 4)) {
      try take(shop, items((1...5).map { "SO00000\($0)" }))
    }
    #expect(throws: Refusal.leasesExhausted(limit: 2)) {
      try take(
        shop, items(["SO000001"]) + items(["SO000002"], as: you) + items(["SO000003"], as: them))
    }
    #expect(throws: Refusal.self) { try take(shop, items(["SO000001"]), lease: .ttl(1)) }
    let taken = try take(
      shop, items(["SO000001"]) + items(["SO000002"], as: you) + items(["SO000003"]),
      lease: .ttl(60_000_000))
    #expect(taken[0].lease == taken[2].lease && taken[0].lease != taken[1].lease)
    #expect(throws: Refusal.numberNotHeld(0)) { try shop.complete(["SO000002"]) }
    try shop.complete(["SO000002"], as: Caller(principal: "dns:you", holder: "else"))
    shop.advance(seconds: 60)
    shop.expire()
    #expect(try shop.counters().expired == 2)
    #expect(shop.book.contradictions == [])
  }

  @Test func timestampsSayWhenANumberWasMade() throws {
    // It is 2026-11-21 15:59:50 UTC.
    let shop = try BookFixture("{timestamp:yyyyMMddHHmm}-{serial:3}") {
      $0.period = .daily
      $0.timeZone = "Europe/Berlin"
      $0.maxAge = 7_200_000_000
      $0.reuse = .atOnce
    }
    // An hour that the clocks skipped, a minute to come, and a day to come.
    #expect(throws: Refusal.importTimeUnknown(0)) { try take(shop, items(["202603290230-001"])) }
    for number in ["202611211700-001", "202611220000-001"] {
      #expect(throws: Refusal.importInFuture(0)) { try take(shop, items([number])) }
    }
    try take(shop, items(["202611211659-007", "202611201200-040", "201901010000-001"]))
    #expect(try shop.numbers() == ["202611211659-008"])
    // Yesterday's number comes back too old.
    try shop.release(["202611201200-040", "202611211659-007"])
    #expect(try shop.numbers() == ["202611211659-007"])
    #expect(try shop.counters().retired == 1)
    // The same serial at another minute is another text, and is live already.
    #expect(throws: Refusal.importTaken(0, .made)) {
      try take(shop, items(["202611211658-009"]))
    }
    #expect(throws: Refusal.importTaken(0, .live)) { try take(shop, items(["202611211658-007"])) }
    #expect(shop.book.contradictions == [])
  }

  @Test func aTimestampWithoutAYearIsTheLatestThatFits() throws {
    let shop = try BookFixture("{timestamp:MMddHHmm}-{serial:3}")
    try take(shop, items(["11211559-005", "11211600-004", "01010000-003"]))
    let generated = Dictionary(
      uniqueKeysWithValues: shop.book.locks.elements.compactMap { $0 }.map {
        ($0.last, $0.generated)
      })
    #expect(generated[5] == 1_795_276_740_000_000)
    // A minute to come this year was one of last year.
    #expect(generated[4] == 1_763_740_800_000_000)
    #expect(generated[3] == 1_767_225_600_000_000)
  }

  @Test func oldTemplatesAndUnguessableSerialsAreUnderstood() throws {
    let shop = try BookFixture("A{serial:3}")
    _ = try shop.numbers(2)
    try shop.update {
      $0.template = "B{serial:3}"
      $0.unguessable = true
    }
    let form = try #require(try shop.book.forms(of: "shop").last)
    let skeleton = try #require(form.skeleton(at: 0))
    let number = form.number(skeleton, serial: 20, period: 0)
    // Of the old template 1,000 are made, which are all.
    #expect(throws: Refusal.importTaken(0, .made)) { try take(shop, items(["A500"])) }
    try take(shop, items([number]))
    #expect(runs(shop) == [1...19])
    let next = try shop.numbers()
    #expect(try NumberView(next[0], among: [form]).serial == 21)
  }

  @Test func everythingCanBeUndone() throws {
    let shop = try BookFixture("{timestamp:yyyyMMdd}{serial:4}") { $0.period = .daily }
    _ = try shop.numbers(3)
    try take(shop, items(["202611209000"]))
    shop.book.committed()
    let before = BookSnapshot(shop.book)
    let (locks, skipped) = (shop.rows.locks, shop.rows.skipped)
    try take(
      shop,
      items(["202611205000", "202611219999", "202611190003"])
        + items(["202611204000"], end: .init(amount: .init(currency: "EUR", minor: 1))))
    #expect(BookSnapshot(shop.book) != before)
    shop.book.undo(to: 0)
    shop.book.committed()
    #expect(
      BookSnapshot(shop.book) == before, "\(BookSnapshot(shop.book).differences(from: before))")
    (shop.rows.locks, shop.rows.skipped, shop.rows.ended) = (locks, skipped, [:])
    #expect(shop.book.contradictions == [])
  }

  @Test func importsSurviveARestartAndReachPeriodsLongOver() async throws {
    let book = try StoredBook()
    func make(_ numbers: [String], end: ImportCommand.Completion? = nil) async throws {
      let command = ImportCommand(
        business: "shop", lease: .poolDefault, items: items(numbers, end: end))
      _ = try await book.change { (book, now, rows) throws(Refusal) in
        try book.importNumbers(command, at: now, rows: rows)
      }.0.get()
    }
    func completeOne() async throws -> String {
      try await book.change { (book, now, rows) throws(Refusal) in
        let caller = Caller(principal: "", holder: "me")
        let number = try book.allocate(
          AllocateCommand(business: "shop", count: 1, caller: caller), at: now, rows: rows
        ).numbers[0].number
        let item = CompleteCommand.Item(
          number: number, token: TokenValue(incarnation: book.incarnation, generation: 1))
        _ = try book.complete(
          CompleteCommand(business: "shop", caller: caller, items: [item]), at: now, rows: rows)
        return number
      }.0.get()
    }
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      var settings = PoolSettings(template: "{timestamp:yyyyMMdd}{serial:4}")
      settings.period = .daily
      settings.lowWatermark = 0
      settings.highWatermark = 0
      settings.generationBatch = 1
      return try book.createPool("shop", settings, zone: .utc, at: now, rows: rows)
    }.0.get()
    let first = try await completeOne()
    #expect(first == "202311140001")
    for _ in 0..<8 {
      book.clock.advance(by: .seconds(86_400))
      _ = try await completeOne()
    }
    // Its series isn't in memory any more; the table knows that 1 was made, and that is all.
    #expect(try await book.look { book, _ in book.pools[0]?.editions[0].series.count } == 4)
    await #expect(throws: Refusal.importTaken(0, .completed)) { try await make([first]) }
    try await make(["202311140009", "202311120004"], end: .init())
    try await make(["202311140005"])
    let before = try await book.look { book, _ in BookSnapshot(book) }
    #expect(before.pools["shop"]?.counters.imported == 3)
    try await book.reopen()
    let after = try await book.look { book, _ in BookSnapshot(book) }
    #expect(after == before, "\(after.differences(from: before))")
    #expect(try await book.look { book, _ in book.contradictions } == [])
    await #expect(throws: Refusal.importTaken(0, .live)) { try await make(["202311140005"]) }
    await #expect(throws: Refusal.importTaken(0, .completed)) { try await make(["202311140009"]) }
    try await make(["202311140006", "202311140002", "202311120001"])
    #expect(try await book.look { book, _ in book.pools[0]?.counters.live } == 4)
    await book.close()
  }
}
