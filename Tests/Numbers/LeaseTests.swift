import Testing

@testable import Numbers

@Suite struct LeaseTests {
  @Test(arguments: [
    (
      AllocateCommand.LeaseChoice.ttl(4_999_999),
      Refusal.leaseTTLOutOfRange(least: 5_000_000, most: 60_000_000)
    ),
    (.ttl(60_000_001), .leaseTTLOutOfRange(least: 5_000_000, most: 60_000_000)),
    (.ttl(.min), .leaseTTLOutOfRange(least: 5_000_000, most: 60_000_000)),
    (.existing(99), .leaseNotFound), (.existing(0), .leaseNotFound),
  ])
  func refusesLeases(choice: AllocateCommand.LeaseChoice, refusal: Refusal) throws {
    let shop = try BookFixture {
      $0.minLease = 5_000_000
      $0.maxLease = 60_000_000
      $0.defaultLease = 30_000_000
    }
    #expect(throws: refusal) { try shop.allocate(lease: choice) }
  }

  @Test func aPoolWithoutLeasesHoldsForEver() throws {
    let shop = try BookFixture { $0.leaseMode = .none }
    let allocation = try shop.allocate()
    #expect(allocation.lease == 0)
    #expect(allocation.expireTime == nil)
    #expect(throws: Refusal.leasesOff) { try shop.allocate(lease: .ttl(5_000_000)) }
    #expect(throws: Refusal.leasesOff) { try lease(shop) }
    shop.advance(seconds: 1_000_000)
    shop.expire()
    try shop.complete([allocation.numbers[0].number])
  }

  private func lease(_ shop: BookFixture, _ seconds: Int64 = 30) throws(Refusal) -> LeaseView {
    try shop.book.createLease(
      "shop", ttl: seconds * 1_000_000, caller: shop.me, at: shop.now, rows: shop.rows)
  }

  private func renew(_ shop: BookFixture, _ id: Int64, as caller: Caller? = nil) throws(Refusal)
    -> LeaseView
  {
    try shop.book.renew(
      "shop", lease: id, caller: caller ?? shop.me, at: shop.now, rows: shop.rows)
  }

  @Test func manyNumbersHangOnOneLease() throws {
    let shop = try BookFixture()
    let lease = try lease(shop)
    let first = try shop.allocate(3, lease: .existing(lease.id))
    let second = try shop.allocate(2, lease: .existing(lease.id))
    #expect(first.lease == lease.id && second.lease == lease.id)
    shop.advance(seconds: 29)
    let renewed = try renew(shop, lease.id)
    #expect(renewed.count == 5)
    #expect(renewed.expireTime == shop.now.wall + 30_000_000)
    shop.advance(seconds: 29)
    shop.expire()
    #expect(try shop.counters().live == 5)
    try shop.complete(second.numbers.map(\.number))
    shop.advance(seconds: 1)
    shop.expire()
    #expect(try shop.counters().expired == 3)
    #expect(throws: Refusal.leaseNotFound) { try renew(shop, lease.id) }
    #expect(shop.rows.leases.isEmpty)
    #expect(shop.book.contradictions == [])
  }

  @Test func anotherCallerCannotUseIt() throws {
    let shop = try BookFixture()
    let lease = try lease(shop)
    let other = Caller(principal: "", holder: "other")
    #expect(throws: Refusal.leaseNotHeld) { try renew(shop, lease.id, as: other) }
    #expect(throws: Refusal.leaseNotHeld) {
      try shop.allocate(lease: .existing(lease.id), as: other)
    }
  }

  @Test func aLeaseMadeWithItsNumbersEndsWithTheLast() throws {
    let shop = try BookFixture()
    let allocation = try shop.allocate(2)
    try shop.complete([allocation.numbers[0].number])
    #expect(try shop.book.lease("shop", allocation.lease, at: shop.now).count == 1)
    _ = try renew(shop, allocation.lease)
    #expect(shop.rows.leases == [allocation.lease])
    try shop.release([allocation.numbers[1].number])
    #expect(throws: Refusal.leaseNotFound) { try renew(shop, allocation.lease) }
    #expect(shop.rows.leases.isEmpty)
    #expect(shop.book.leases.count == 0)
    shop.book.committed()
    #expect(shop.book.callers.count == 0)
  }

  @Test func aLongLeaseRunsOutInChunksAndCannotBeRenewedMeanwhile() throws {
    let shop = try BookFixture()
    let lease = try lease(shop)
    for _ in 0..<3 { _ = try shop.allocate(200, lease: .existing(lease.id)) }
    // A look at the leases long before, so that nothing was handed out since the last.
    shop.expire()
    shop.advance(seconds: 30)
    shop.expire()
    let chunk = try shop.counters().expired
    #expect(chunk > 0 && chunk <= Int64(Limits.expiriesPerWake))
    #expect(throws: Refusal.leaseExpired) { try renew(shop, lease.id) }
    #expect(throws: Refusal.leaseExpired) { try shop.allocate(lease: .existing(lease.id)) }
    for _ in 0..<3 { shop.expire() }
    #expect(try shop.counters().expired == 600)
    #expect(shop.book.leases.earliest == nil)
    #expect(shop.book.contradictions == [])
  }

  @Test func leasesRunOutAtLeastAsFastAsOthersBegin() throws {
    let shop = try BookFixture()
    for _ in 0..<40 {
      for _ in 0..<3 { _ = try shop.allocate(1_000, lease: .ttl(1_000_000)) }
      shop.advance(seconds: 1)
      shop.expire()
      // At most those of this round, whose time isn't over or just was.
      #expect(try shop.counters().live <= 3_000)
    }
    #expect(shop.book.contradictions == [])
  }

  @Test func onlyTheLeaseClockCounts() throws {
    let shop = try BookFixture()
    _ = try shop.allocate()
    shop.now.wall += 365 * 86_400_000_000
    shop.expire()
    #expect(try shop.counters().live == 1)
    shop.now.wall -= 730 * 86_400_000_000
    shop.now.boot += 600_000_000
    shop.expire()
    #expect(try shop.counters().live == 0)
  }
}
