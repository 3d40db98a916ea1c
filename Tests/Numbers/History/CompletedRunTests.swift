import Store
import Testing

@testable import Numbers

/// Numbers that were completed together are one row, of which every reader finds each number.
@Suite struct CompletedRunTests {
  private static let me = Caller(principal: "", holder: "me")

  private func open() async throws -> StoredBook {
    let book = try StoredBook()
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      var settings = PoolSettings(template: "{serial:6}")
      settings.historyRetention = Limits.minRetention
      return try book.createPool("shop", settings, zone: .utc, at: now, rows: rows)
    }.0.get()
    return book
  }

  private func allocate(_ book: StoredBook, _ count: Int) async throws {
    let command = AllocateCommand(business: "shop", count: count, caller: Self.me)
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      try book.allocate(command, at: now, rows: rows)
    }.0.get()
  }

  private func complete(_ book: StoredBook, _ serials: ClosedRange<Int64>) async throws -> [Int64] {
    try await book.change { (book, now, rows) throws(Refusal) in
      try book.complete(
        CompleteCommand(
          business: "shop", caller: Self.me,
          items: serials.map { serial in
            CompleteCommand.Item(
              number: "\(1_000_000 + serial)".dropFirst().description,
              token: TokenValue(incarnation: book.incarnation, generation: 1), amount: nil)
          }), at: now, rows: rows)
    }.0.get()
  }

  private func count(_ statement: String, _ book: StoredBook) async throws -> Int64 {
    let statement = Statement(statement)
    return try await book.store.read { (connection) throws(StoreError) in
      var count: Int64 = -1
      try connection.query(statement) { count = $0.integer(0) }
      return count
    }
  }

  private func runs(_ book: StoredBook) async throws -> [SerialRun] {
    let scope = try await book.look { book, now in try? book.scope(of: "shop", at: now) }
    let found = try #require(scope)
    return try await book.store.read { (connection) throws(StoreError) in
      try GapReading(connection: connection, scope: found).page(
        of: [HistoryScope.Wanted(edition: 0, period: 0)],
        from: GapPage.Place(series: 0, serial: 1), count: 100)?.runs.map(\.run) ?? []
    }
  }

  @Test func eachNumberIsFoundInItsRun() async throws {
    let book = try await open()
    try await allocate(book, 100)
    _ = try await complete(book, 11...20)
    _ = try await complete(book, 41...41)
    #expect(try await count("SELECT COUNT(*) FROM number_completed", book) == 2)
    try await book.reopen()
    for serial in 1...100 {
      let number = "\(1_000_000 + serial)".dropFirst().description
      let view = try await book.change { (book, now, rows) throws(Refusal) in
        try book.lock("shop", number: number, at: now, rows: rows)
      }.0.get()
      var isLive = false
      if case .live = view.state { isLive = true }
      #expect(isLive == !((11...20).contains(serial) || serial == 41))
    }
    // A repetition is answered as the first was, and adds nothing.
    let times = try await complete(book, 9...22)
    #expect(times.count == 14)
    #expect(try await count("SELECT SUM(run_length) FROM number_completed", book) == 15)
    let counters = try await book.look { book, _ in book.pools[0]?.counters.completed }
    #expect(counters == 15)
    #expect(try await book.look { book, _ in book.contradictions } == [])
    await book.close()
  }

  /// Blocks of settled serials begin at every 4,096th.
  @Test func whatIsOldIsSettledOverTheBoundsOfBlocks() async throws {
    let book = try await open()
    for first in stride(from: Int64(1), to: 9_000, by: 1_000) {
      try await allocate(book, 1_000)
      _ = try await complete(book, first...(first + 999))
    }
    let completed = [SerialRun(first: 1, last: 9_000, state: .completed)]
    #expect(Array(try await runs(book).prefix(1)) == completed)
    #expect(try await count("SELECT COUNT(*) FROM number_completed", book) == 9)
    book.clock.advance(by: .seconds(2 * 3_600))
    for _ in 0..<4 {
      book.clock.advance(by: .seconds(61))
      for _ in 0..<20 { _ = try await book.look { book, _ in book.pools.count } }
    }
    #expect(try await count("SELECT COUNT(*) FROM number_completed", book) == 0)
    #expect(try await count("SELECT COUNT(*) FROM number_settled", book) == 3)
    #expect(Array(try await runs(book).prefix(1)) == completed)
    await book.close()
  }
}
