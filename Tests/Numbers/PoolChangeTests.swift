import Testing

@testable import Numbers

@Suite struct PoolChangeTests {
  @Test func onlyTheLastAreKept() throws {
    let shop = try BookFixture()
    let pool = try shop.book.pool(of: "shop")
    for number in 1...Limits.changesPerPool {
      shop.book.note(
        PoolChange(kind: .updated, time: number, detail: "\(number)"), of: pool, rows: shop.rows)
    }
    let page = try shop.book.changes(of: "shop", before: .max, count: 2, rows: shop.rows)
    #expect(page.changes.map(\.sequence) == [Limits.changesPerPool + 1, Limits.changesPerPool])
    #expect(page.more && shop.rows.changes.count == Limits.changesPerPool)
    // The making of the pool is the first that is forgotten.
    let last = try shop.book.changes(of: "shop", before: 3, count: 2, rows: shop.rows)
    #expect(last.changes.map(\.sequence) == [2] && !last.more)
  }

  @Test func warningsAreNamed() throws {
    let shop = try BookFixture()
    let pool = try shop.book.pool(of: "shop")
    let cause = StopCause(warning: "w1", principal: "", reason: "low", time: shop.now.wall)
    for _ in 0..<2 { _ = shop.book.stop(.business, of: pool, cause, rows: shop.rows) }
    for _ in 0..<2 {
      _ = shop.book.resume(.business, of: pool, warning: "w1", at: shop.now, rows: shop.rows)
    }
    let changes = shop.rows.changes.dropFirst()
    #expect(changes.map(\.kind) == [.businessStopped, .businessResumed])
    #expect(changes.map(\.warning) == ["w1", "w1"] && changes.map(\.reason) == ["low", ""])
  }

  @Test func everySettingIsCompared() {
    let before = PoolSettings(template: "A{serial:1}")
    var after = PoolSettings(template: "B{serial:1}")
    after.timeZone = "+08:00"
    after.period = .daily
    after.lowWatermark += 1
    after.highWatermark += 1
    after.generationBatch += 1
    after.maxAge = 1
    after.reuse = .never
    after.quarantine += 1
    after.leaseMode = .none
    after.minLease += 1
    after.maxLease += 1
    after.defaultLease += 1
    after.holderQuota = 1
    after.startSerial += 1
    after.unguessable = true
    after.historyRetention += 1
    #expect(after.differences(from: before) == PoolField.allCases)
    #expect(before.differences(from: before).isEmpty)
  }
}
