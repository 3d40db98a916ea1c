import RPC
import Testing

@testable import Numbers

@Suite struct PoolLimitsTests {
  @Test func liveNumbersAreLimited() throws {
    let shop = try BookFixture(
      book: Book(incarnation: 77, limits: CapacityLimits(liveNumbersPerPool: 3)))
    let numbers = try shop.numbers(2)
    let before = BookSnapshot(shop.book)
    #expect(throws: Refusal.liveNumbersExhausted(limit: 3)) { try shop.allocate(2) }
    #expect(BookSnapshot(shop.book) == before)
    _ = try shop.allocate()
    #expect(throws: Refusal.liveNumbersExhausted(limit: 3)) { try shop.allocate() }
    try shop.complete([numbers[0]])
    try shop.release([numbers[1]])
    _ = try shop.allocate(2)
    #expect(try shop.counters().live == 3)
  }

  @Test func leasesAreLimited() throws {
    let shop = try BookFixture(
      book: Book(incarnation: 77, limits: CapacityLimits(leasesPerPool: 2)))
    func create() throws(Refusal) -> LeaseView {
      try shop.book.createLease("shop", ttl: nil, caller: shop.me, at: shop.now, rows: shop.rows)
    }
    let lease = try create()
    let numbers = try shop.numbers(2)
    let full = Refusal.leasesExhausted(limit: 2)
    #expect(throws: full) { try create() }
    #expect(throws: full) { try shop.allocate() }
    #expect(throws: full) { try shop.allocate(lease: .ttl(60_000_000)) }
    _ = try shop.allocate(lease: .existing(lease.id))
    try shop.complete(numbers)
    _ = try create()
    shop.advance(seconds: 601)
    shop.expire()
    _ = try shop.allocate()
  }

  @Test(arguments: [
    (Refusal.liveNumbersExhausted(limit: 7), "LIVE_NUMBERS_EXHAUSTED"),
    (.leasesExhausted(limit: 7), "LEASES_EXHAUSTED"),
  ])
  func refusalsNameTheLimit(refusal: Refusal, reason: String) {
    let error = refusal.error(in: .allocate)
    #expect(error.code == .resourceExhausted)
    #expect(error.errorInfo?.reason == reason)
    #expect(error.errorInfo?.metadata == ["limit": "7"])
  }
}
