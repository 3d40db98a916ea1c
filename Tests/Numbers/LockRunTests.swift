import StoreFaults
import Testing

@testable import Numbers

/// Numbers that were handed out together are one lock until some of them end.
@Suite struct LockRunTests {
  /// Of serials 1 to 10, those that end in one call, and the runs that are left.
  struct Part: Sendable, CustomTestStringConvertible {
    var name: String
    var ends: [Int64]
    var rest: [ClosedRange<Int64>]

    var testDescription: String { name }
  }

  static let parts = [
    Part(name: "the first", ends: [1], rest: [2...10]),
    Part(name: "the last", ends: [10], rest: [1...9]),
    Part(name: "one near the front", ends: [3], rest: [1...2, 4...10]),
    Part(name: "one near the end", ends: [8], rest: [1...7, 9...10]),
    Part(name: "the first ones", ends: [1, 2, 3], rest: [4...10]),
    Part(name: "the last ones", ends: [8, 9, 10], rest: [1...7]),
    Part(name: "the middle", ends: [4, 5, 6], rest: [1...3, 7...10]),
    Part(name: "backwards", ends: [6, 5, 4], rest: [1...3, 7...10]),
    Part(name: "every other", ends: [1, 3, 5, 7, 9], rest: [2...2, 4...4, 6...6, 8...8, 10...10]),
    Part(name: "in no order", ends: [9, 2, 3, 7, 10, 1], rest: [4...6, 8...8]),
    Part(name: "all but one", ends: [1, 2, 3, 4, 6, 7, 8, 9, 10], rest: [5...5]),
    Part(name: "all", ends: Array(1...10), rest: []),
    Part(name: "all backwards", ends: (1...10).reversed(), rest: []),
  ]

  enum End: CaseIterable, Sendable { case completed, released }

  private func runs(_ shop: BookFixture) -> [ClosedRange<Int64>] {
    shop.book.locks.elements.compactMap { $0 }.map { $0.first...$0.last }
      .sorted { $0.lowerBound < $1.lowerBound }
  }

  private func rows(_ shop: BookFixture) -> [ClosedRange<Int64>] {
    shop.rows.locks.runs.map { ($0.key.serial - $0.value + 1)...$0.key.serial }
      .sorted { $0.lowerBound < $1.lowerBound }
  }

  /// A call that repeats the end of some numbers between neighbours that are live still.
  @Test(arguments: End.allCases)
  func whatEndedBeforeEndsNothingElse(_ end: End) throws {
    let shop = try BookFixture("{serial:4}")
    let numbers = try shop.numbers(10)
    for part in [[3], [4, 3, 5]] {
      let ending = part.map { numbers[$0 - 1] }
      switch end {
      case .completed: #expect(try shop.complete(ending).count == part.count)
      case .released: #expect(try shop.release(ending).count == part.count)
      }
    }
    #expect(runs(shop) == [1...2, 6...10])
    #expect(rows(shop) == [1...2, 6...10])
    let counters = try shop.counters()
    #expect(counters.completed + counters.released == 3)
    #expect(shop.book.contradictions == [])
  }

  @Test(arguments: Self.parts, End.allCases)
  func leavesTheRest(_ part: Part, _ end: End) throws {
    let shop = try BookFixture("{serial:4}") { $0.leaseMode = .leased }
    let numbers = try shop.numbers(10)
    #expect(runs(shop) == [1...10])
    #expect(rows(shop) == [1...10])
    let first = try #require(shop.book.locks[0])
    let before = BookSnapshot(shop.book)
    let mark = shop.book.undoLog.count
    let ending = part.ends.map { numbers[Int($0) - 1] }

    switch end {
    case .completed: try shop.complete(ending)
    case .released: try shop.release(ending)
    }
    #expect(runs(shop) == part.rest)
    #expect(rows(shop) == part.rest)
    #expect(shop.book.contradictions == [])
    for lock in shop.book.locks.elements.compactMap({ $0 }) {
      // Each number keeps the event that told of it.
      for serial in lock.first...lock.last {
        #expect(lock.event(of: serial) == first.event(of: serial))
      }
    }

    shop.book.undo(to: mark)
    let isAsBefore = BookSnapshot(shop.book) == before
    #expect(isAsBefore)
    #expect(runs(shop) == [1...10])
    #expect(shop.book.contradictions == [])
  }

  @Test func aLeaseThatRunsOutReturnsRunsInParts() throws {
    let shop = try BookFixture("{serial:5}") { $0.leaseMode = .leased }
    for _ in 0..<5 {
      _ = try shop.allocate(100)
      shop.advance(seconds: 1)
    }
    shop.book.handedSinceExpiry = 0
    shop.advance(seconds: 100_000)
    // One of 256 for each of three leases, the others for their numbers.
    shop.expire()
    #expect(runs(shop) == [254...300, 301...400, 401...500])
    #expect(rows(shop) == runs(shop))
    #expect(shop.book.contradictions == [])
    shop.expire()
    #expect(runs(shop) == [])
    #expect(try shop.counters().expired == 500)
    shop.advance(seconds: 100_000)
    #expect(try shop.numbers(3) == ["00001", "00002", "00003"])
  }

  @Test func differentAmountsAreCountedEachForItself() throws {
    let shop = try BookFixture("{serial:4}")
    let numbers = try shop.numbers(4)
    let amounts: [Int64] = [5, 5, 7, 9]
    _ = try shop.book.complete(
      CompleteCommand(
        business: "shop", caller: shop.me,
        items: zip(numbers, amounts).map {
          CompleteCommand.Item(
            number: $0, token: shop.token(),
            amount: CompleteCommand.Amount(currency: "CNY", minor: $1))
        }), at: shop.now, rows: shop.rows)
    #expect(try shop.book.counter("shop", at: shop.now).amounts.map(\.minor) == [26])
    let ended = shop.rows.ended.sorted { $0.key.serial < $1.key.serial }.map(\.value)
    for (number, amount) in zip(ended, amounts) {
      #expect(number.end == .completed(currency: "CNY", amountMinor: amount))
    }
    #expect(ended.map(\.event) == [6, 7, 8, 9])
  }

  /// Random parts of random runs end, some in vain, with restarts in between.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func restartsLeaveRunsAsTheyWere(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let stored = try StoredBook()
    _ = try await stored.change { (book, now, rows) throws(Refusal) in
      var settings = PoolSettings(template: "{serial:6}")
      settings.leaseMode = .leased
      settings.reuse = .atOnce
      return try book.createPool("shop", settings, zone: .utc, at: now, rows: rows)
    }
    let me = Caller(principal: "", holder: "me")
    var live: [Allocation.Number] = []
    for step in 0..<60 {
      if live.count < 40 {
        let command = AllocateCommand(
          business: "shop", count: Int.random(in: 1...150, using: &random), caller: me)
        live += try await stored.change { (book, now, rows) throws(Refusal) in
          try book.allocate(command, at: now, rows: rows)
        }.0.get().numbers
      }
      let start = Int.random(in: 0..<live.count, using: &random)
      let end = Int.random(in: start..<min(live.count, start + 50), using: &random)
      let ending = Bool.random(using: &random) ? live[start...end] : live[start...start]
      let isCompletion = Bool.random(using: &random)
      let decide: @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Void = {
        [ending = Array(ending)] (book, now, rows) throws(Refusal) in
        func token(_ number: Allocation.Number) -> TokenValue {
          TokenValue(incarnation: book.incarnation, generation: UInt64(number.generation))
        }
        if isCompletion {
          let items = ending.map {
            CompleteCommand.Item(number: $0.number, token: token($0), amount: nil)
          }
          let command = CompleteCommand(business: "shop", caller: me, items: items)
          _ = try book.complete(command, at: now, rows: rows)
        } else {
          let items = ending.map { ReleaseCommand.Item(number: $0.number, token: token($0)) }
          let command = ReleaseCommand(business: "shop", caller: me, items: items, reason: "")
          _ = try book.release(command, at: now, rows: rows)
        }
      }
      let before = try await stored.look { book, _ in BookSnapshot(book) }
      if step % 5 == 0 {
        try await stored.changeInVain(decide)
        let after = try await stored.look { book, _ in BookSnapshot(book) }
        let isAsBefore = after == before
        #expect(isAsBefore)
        continue
      }
      try await stored.change(decide).0.get()
      live.removeSubrange(start..<(start + ending.count))
      if step % 4 == 0 {
        let before = try await stored.look { book, _ in BookSnapshot(book) }
        try await stored.reopen()
        let after = try await stored.look { book, _ in BookSnapshot(book) }
        let isAsBefore = after == before
        #expect(isAsBefore)
      }
      #expect(try await stored.look { book, _ in book.contradictions } == [])
    }
    await stored.close()
  }
}
