import Store
import Testing

@testable import Numbers

@Suite(.timeLimit(.minutes(10))) struct NumberStateTests {
  private let me = Caller(principal: "", holder: "me")

  private func makePool(
    _ book: StoredBook, _ template: String = "SO{serial:6}",
    _ change: (inout PoolSettings) -> Void = { _ in }
  ) async throws {
    var settings = PoolSettings(template: template)
    change(&settings)
    let zone = try TimeZoneDatabase.system.zone(named: settings.timeZone)
    let (result, _) = try await book.change { [settings] (book, now, rows) throws(Refusal) in
      try book.createPool("shop", settings, zone: zone, at: now, rows: rows)
    }
    _ = try result.get()
  }

  private func allocate(_ book: StoredBook, _ count: Int = 1) async throws -> Allocation {
    let command = AllocateCommand(business: "shop", count: count, caller: me)
    return try await book.change { (book, now, rows) throws(Refusal) in
      try book.allocate(command, at: now, rows: rows)
    }.0.get()
  }

  private func complete(_ book: StoredBook, _ numbers: [Allocation.Number]) async throws {
    let command = CompleteCommand(
      business: "shop", caller: me,
      items: numbers.map {
        CompleteCommand.Item(
          number: $0.number,
          token: TokenValue(
            incarnation: book.store.incarnation, generation: UInt64($0.generation)))
      })
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      try book.complete(command, at: now, rows: rows)
    }.0.get()
  }

  @Test func leasesRunOutByThemselvesAndPoolsAreFilledByThemselves() async throws {
    let book = try StoredBook()
    try await makePool(book) { $0.reuse = .atOnce }
    _ = try await allocate(book, 3)
    while try await book.look({ book, _ in book.pools[0]?.stockCount ?? 0 }) < 9_000 {}
    book.clock.advance(by: .seconds(601))
    while try await book.look({ book, _ in book.leases.count }) > 0 {}
    #expect(try await book.look { book, _ in book.pools[0]?.counters.expired } == 3)
    await book.close()
  }

  @Test func everySettingAndTemplateSurvivesARestart() async throws {
    let book = try StoredBook()
    try await makePool(book, "A{timestamp:yyyyMMdd}{serial:6}") {
      $0.period = .daily
      $0.timeZone = "Europe/Berlin"
      $0.lowWatermark = 0
      $0.highWatermark = 3
      $0.generationBatch = 2
      $0.maxAge = 5_000_000
      $0.reuse = .never
      $0.quarantine = 7_000_000
      $0.minLease = 2_000_000
      $0.maxLease = 9_000_000
      $0.defaultLease = 8_000_000
    }
    _ = try await allocate(book, 3)
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      try book.updatePool("shop", zone: nil, at: now, rows: rows) {
        $0.template = "B{timestamp:yyyyMMdd}{serial:6}"
        $0.maxAge = nil
        $0.leaseMode = .none
      }
    }.0.get()
    _ = try await allocate(book, 2)
    let before = try await book.look { book, _ in BookSnapshot(book) }
    try await book.reopen()
    let after = try await book.look { book, _ in BookSnapshot(book) }
    #expect(after == before, "\(after.differences(from: before))")
    #expect(try await book.look { book, _ in book.contradictions } == [])
    await book.close()
  }

  @Test func finalEndsAreKeptForAWeekAndThenDeleted() async throws {
    let book = try StoredBook()
    try await makePool(book)
    let numbers = try await allocate(book, 300).numbers
    try await complete(book, numbers)
    let last = try #require(numbers.last).number
    func lock() async throws -> Result<LockView, Refusal> {
      try await book.change { (book, now, rows) throws(Refusal) in
        try book.lock("shop", number: last, at: now, rows: rows)
      }.0
    }
    book.clock.advance(by: .seconds(6 * 86_400))
    for _ in 0..<3 { book.clock.advance(by: .seconds(61)) }
    let kept = try await lock()
    #expect(throws: Never.self, "kept for a week") { try kept.get() }
    book.clock.advance(by: .seconds(86_400))
    while case .success = try await lock() { book.clock.advance(by: .seconds(1)) }
    #expect(try await lock() == .failure(.numberUnknown(0)))
    #expect(try await book.look { book, _ in book.pools[0]?.counters.completed } == 300)
    await book.close()
  }

  @Test func aDaysNumbersComeFromItsOwnSeriesAfterARestart() async throws {
    let book = try StoredBook()
    try await makePool(book, "{timestamp:yyyyMMdd}{serial:4}") { $0.period = .daily }
    #expect(try await allocate(book, 2).numbers.map(\.number) == ["202311140001", "202311140002"])
    try await book.reopen()
    #expect(try await allocate(book).numbers.map(\.number) == ["202311140003"])
    book.clock.advance(by: .seconds(86_400))
    #expect(try await allocate(book).numbers.map(\.number) == ["202311150001"])
    book.clock.stepWall(by: .seconds(-10 * 86_400))
    try await book.reopen()
    #expect(try await allocate(book).numbers.map(\.number) == ["202311150002"])
    await book.close()
  }
}
