import Testing

@testable import Numbers

@Suite struct StockTests {
  private static let settings: [@Sendable (inout PoolSettings) -> Void] = [
    { $0.reuse = .afterQuarantine },
    { $0.reuse = .atOnce },
    { $0.reuse = .never },
    { $0.period = .daily },
    { $0.maxAge = 40_000_000 },
    {
      $0.period = .daily
      $0.maxAge = 40_000_000
    },
  ]

  /// Numbers come and go for a while, some calls are taken back: the stock shown is always what is
  /// counted by looking at every range and every number in line.
  @Test(arguments: 0..<6)
  func isCountedExactly(kind: Int) throws {
    let shop = try BookFixture("{timestamp:yyyyMMdd}{serial:6}") {
      $0.quarantine = 30_000_000
      $0.lowWatermark = 20
      $0.highWatermark = 60
      $0.generationBatch = 7
      Self.settings[kind](&$0)
    }
    // Short enough that the line has some.
    try shop.book.pool(of: "shop").returnedAges = AgeBlocks(size: 4)
    var held: [Allocation.Number] = []
    for step in 0..<300 {
      let before = (
        held, shop.book.undoLog.count, shop.rows.locks, shop.rows.ended, shop.rows.leases
      )
      if step % 3 == 2 {
        for _ in 0..<min(held.count, step % 5) {
          let number = held.removeFirst()
          try shop.release([number.number], generation: UInt64(number.generation))
        }
      } else {
        held += try shop.allocate(1 + step % 9).numbers
      }
      if step % 4 == 1 { shop.fill() }
      if step == 200 { try shop.update { $0.template = "B{timestamp:yyyyMMdd}{serial:6}" } }
      if step % 7 == 3 {
        shop.book.undo(to: before.1)
        held = before.0
        shop.rows.locks = before.2
        shop.rows.ended = before.3
        shop.rows.leases = before.4
      }
      if step % 2 == 0 { shop.book.committed() }
      shop.advance(seconds: step % 50 == 49 ? 20_000 : Int64(step % 4))
      shop.expire()
      held.removeAll { shop.book.contradictsHolding($0.number, at: shop.now, rows: shop.rows) }
      let pool = try shop.book.pool(of: "shop")
      let counted = shop.book.countedStock(of: pool, at: shop.now)
      let shown = try shop.stock()
      #expect(shown.remainingInPool == counted.remaining, "step \(step)")
      #expect(shown.quarantined == counted.quarantined, "step \(step)")
      #expect(shop.book.contradictions == [], "step \(step)")
    }
  }
}

extension Book {
  /// Whether a number isn't live any more.
  fileprivate func contradictsHolding(
    _ number: String, at now: Moment, rows: any NumberRows
  ) -> Bool {
    guard let view = try? lock("shop", number: number, at: now, rows: rows),
      case .live = view.state
    else { return true }
    return false
  }
}
