import Store
import Testing

@testable import Numbers

@Suite(.timeLimit(.minutes(10))) struct QuotaTests {
  private let you = Caller(principal: "", holder: "you")

  private func set(
    _ shop: BookFixture, _ subject: QuotaSubject?, _ limit: Int64?
  ) throws(Refusal) -> QuotaView {
    try shop.book.setQuota("shop", subject, limit: limit, at: shop.now, rows: shop.rows)
  }

  @Test func whatIsHeldCountsHoweverItEnds() throws {
    let shop = try BookFixture {
      $0.holderQuota = 3
      $0.reuse = .atOnce
    }
    let numbers = try shop.numbers(3)
    let full = Refusal.holderQuotaExceeded(limit: 3, live: 3)
    #expect(throws: full) { try shop.allocate() }
    #expect(throws: Refusal.holderQuotaExceeded(limit: 3, live: 0)) {
      try shop.allocate(4, as: you)
    }
    _ = try shop.allocate(3, as: you)
    try shop.complete([numbers[0]])
    try shop.release([numbers[1]])
    #expect(throws: Refusal.holderQuotaExceeded(limit: 3, live: 1)) { try shop.allocate(3) }
    _ = try shop.allocate(2)
    #expect(throws: full) { try shop.allocate() }
    shop.advance(seconds: 601)
    shop.expire()
    _ = try shop.allocate(3)
    #expect(shop.book.contradictions == [])
  }

  @Test func whatIsTakenBackDoesNotCount() throws {
    let shop = try BookFixture { $0.holderQuota = 5 }
    _ = try shop.allocate(2)
    shop.book.committed()
    let before = BookSnapshot(shop.book)
    let (locks, ended) = (shop.rows.locks, shop.rows.ended)
    let more = try shop.numbers(3)
    try shop.complete([more[0]])
    _ = try set(shop, .holder("me"), 1)
    _ = try set(shop, .principal("dns:x"), 9)
    shop.book.undo(to: 0)
    #expect(BookSnapshot(shop.book) == before)
    (shop.rows.locks, shop.rows.ended) = (locks, ended)
    _ = try shop.allocate(3)
    #expect(throws: Refusal.holderQuotaExceeded(limit: 5, live: 5)) { try shop.allocate() }
    #expect(shop.book.contradictions == [])
  }

  @Test func anAuthenticatedCallerIsOneHolderWhateverItCallsItself() throws {
    let shop = try BookFixture { $0.holderQuota = 3 }
    let till = ["one", "two"].map { Caller(principal: "dns:till", holder: $0) }
    _ = try shop.allocate(2, as: till[0])
    #expect(throws: Refusal.holderQuotaExceeded(limit: 3, live: 2)) {
      try shop.allocate(2, as: till[1])
    }
    let last = try shop.allocate(as: till[1])
    // Another who has the same name isn't it.
    _ = try shop.allocate(3, as: Caller(principal: "", holder: "one"))
    try shop.complete(last.numbers.map(\.number), as: till[0])
    _ = try shop.allocate(as: till[1])
    #expect(shop.book.contradictions == [])
    shop.advance(seconds: 601)
    shop.expire()
    shop.book.committed()
    #expect(shop.book.callers.count == 0)
  }

  @Test func aQuotaOfItsOwnCountsInPlaceOfThePools() throws {
    let shop = try BookFixture { $0.holderQuota = 1 }
    #expect(try set(shop, .holder("me"), 3).live == 0)
    _ = try shop.allocate(3)
    #expect(try set(shop, .holder("me"), 2) == QuotaView(owner: shop.me, limit: 2, live: 3))
    #expect(throws: Refusal.holderQuotaExceeded(limit: 2, live: 3)) { try shop.allocate() }
    #expect(throws: Refusal.holderQuotaExceeded(limit: 1, live: 0)) {
      try shop.allocate(2, as: you)
    }
    #expect(try set(shop, .holder("me"), nil).limit == nil)
    #expect(throws: Refusal.holderQuotaExceeded(limit: 1, live: 3)) { try shop.allocate() }
    try shop.update { $0.holderQuota = nil }
    _ = try shop.allocate(100)
    _ = try set(shop, .holder("you"), 0)
    #expect(throws: Refusal.holderQuotaExceeded(limit: 0, live: 0)) {
      try shop.allocate(as: you)
    }
  }

  @Test func refusesQuotas() throws {
    let shop = try BookFixture()
    let cases: [(QuotaSubject?, Int64?, Refusal)] = [
      (nil, 1, .quotaSubjectMissing), (.holder(""), 1, .quotaHolderInvalid),
      (.holder(String(repeating: "a", count: 129)), 1, .quotaHolderInvalid),
      (.principal(""), 1, .quotaPrincipalInvalid),
      (.principal(String(repeating: "a", count: 1_025)), 1, .quotaPrincipalInvalid),
      (.holder("a"), -1, .quotaOutOfRange), (.holder("a"), 10_000_001, .quotaOutOfRange),
      (.holder("a"), .max, .quotaOutOfRange),
    ]
    for (subject, limit, refusal) in cases {
      #expect(throws: refusal) { try set(shop, subject, limit) }
    }
    for number in 0..<Limits.quotasPerPool { _ = try set(shop, .holder("h\(number)"), 1) }
    #expect(throws: Refusal.quotasExhausted) { try set(shop, .holder("more"), 1) }
    _ = try set(shop, .holder("h7"), 2)
    _ = try set(shop, .holder("h8"), nil)
    _ = try set(shop, .holder("more"), 1)
  }

  @Test func quotasAreListedInOrder() throws {
    let shop = try BookFixture()
    for subject in [QuotaSubject.principal("a"), .holder("b"), .principal("B"), .holder("a")] {
      _ = try set(shop, subject, 1)
    }
    let first = try shop.book.quotas(of: "shop", after: nil, count: 3)
    #expect(first.quotas.map { $0.owner.principal + "/" + $0.owner.holder } == ["/a", "/b", "B/"])
    #expect(first.more)
    let rest = try shop.book.quotas(of: "shop", after: first.quotas[2].owner, count: 3)
    #expect(rest.quotas.map(\.owner.principal) == ["a"] && !rest.more)
  }

  @Test func quotasAndWhatIsHeldSurviveARestart() async throws {
    let book = try StoredBook()
    _ = try await book.change { (book, now, rows) throws(Refusal) in
      var settings = PoolSettings(template: "N{serial:6}")
      settings.holderQuota = 7
      _ = try book.createPool("shop", settings, zone: .utc, at: now, rows: rows)
      for (number, holder) in ["a", "b", "a"].enumerated() {
        let caller = Caller(principal: number == 2 ? "dns:x" : "", holder: holder)
        _ = try book.allocate(
          AllocateCommand(business: "shop", count: 2, caller: caller), at: now, rows: rows)
      }
      for limit: Int64? in [1, 2, nil] {
        _ = try book.setQuota("shop", .holder("gone"), limit: limit, at: now, rows: rows)
      }
      _ = try book.setQuota("shop", .holder("caf\u{E9}"), limit: 1, at: now, rows: rows)
      _ = try book.setQuota("shop", .holder("cafe\u{301}"), limit: 2, at: now, rows: rows)
      return try book.setQuota("shop", .principal("dns:x"), limit: 2, at: now, rows: rows)
    }.0.get()
    while try await book.look({ book, _ in !book.poolsToFill.isEmpty }) {}
    let before = try await book.look { book, _ in BookSnapshot(book) }
    // By their bytes they are two.
    #expect(before.pools["shop"]?.quotas.map(\.limit) == [2, 1, 2])
    #expect(before.pools["shop"]?.held.count == 3)
    try await book.reopen()
    let after = try await book.look { book, _ in BookSnapshot(book) }
    #expect(after == before, "\(after.differences(from: before))")
    #expect(try await book.look { book, _ in book.contradictions } == [])
    await book.close()
  }
}
