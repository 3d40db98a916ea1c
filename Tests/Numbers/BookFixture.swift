@testable import Numbers

/// A book without a store, and a clock moved by hand.
final class BookFixture {
  let book: Book
  let rows = MemoryRows()
  /// 2026-11-21 15:59:50 UTC.
  var now = Moment(wall: 1_795_276_790_000_000, boot: 5_000_000)
  let me = Caller(principal: "", holder: "me")

  /// A book with the pool "shop".
  init(
    _ template: String = "SO{serial:6}", book: Book = Book(incarnation: 77),
    _ change: (inout PoolSettings) -> Void = { _ in }
  ) throws(Refusal) {
    self.book = book
    try make("shop", template, change)
  }

  @discardableResult
  func make(
    _ business: String, _ template: String, _ change: (inout PoolSettings) -> Void = { _ in }
  ) throws(Refusal) -> PoolView {
    var settings = PoolSettings(template: template)
    change(&settings)
    let zone = try TimeZoneDatabase.system.zone(named: settings.timeZone)
    return try book.createPool(business, settings, zone: zone, at: now, rows: rows)
  }

  func update(_ change: (inout PoolSettings) -> Void) throws(Refusal) {
    _ = try book.updatePool("shop", zone: .utc, at: now, rows: rows) {
      (settings) throws(Refusal) in change(&settings)
    }
  }

  func advance(seconds: Int64) {
    now.wall += seconds * 1_000_000
    now.boot += seconds * 1_000_000
  }

  func allocate(
    _ count: Int = 1, lease: AllocateCommand.LeaseChoice = .poolDefault, as caller: Caller? = nil
  ) throws(Refusal) -> Allocation {
    try book.allocate(
      AllocateCommand(business: "shop", count: count, caller: caller ?? me, lease: lease),
      at: now, rows: rows)
  }

  func numbers(_ count: Int = 1) throws(Refusal) -> [String] {
    try allocate(count).numbers.map(\.number)
  }

  func token(_ generation: UInt64 = 1) -> TokenValue {
    TokenValue(incarnation: 77, generation: generation)
  }

  @discardableResult
  func complete(
    _ numbers: [String], generation: UInt64 = 1, amount: CompleteCommand.Amount? = nil,
    as caller: Caller? = nil
  ) throws(Refusal) -> [Int64] {
    try book.complete(
      CompleteCommand(
        business: "shop", caller: caller ?? me,
        items: numbers.map {
          CompleteCommand.Item(number: $0, token: token(generation), amount: amount)
        }),
      at: now, rows: rows)
  }

  @discardableResult
  func release(
    _ numbers: [String], generation: UInt64 = 1, as caller: Caller? = nil
  ) throws(Refusal) -> [Released] {
    try book.release(
      ReleaseCommand(
        business: "shop", caller: caller ?? me,
        items: numbers.map { ReleaseCommand.Item(number: $0, token: token(generation)) },
        reason: ""),
      at: now, rows: rows)
  }

  func expire() { book.expire(at: now, rows: rows) }
  func fill() { while !book.poolsToFill.isEmpty { book.fillNextPool(at: now, rows: rows) } }

  func counters() throws(Refusal) -> Counters { try book.counter("shop", at: now).counters }
  func stock() throws(Refusal) -> StockView { try book.counter("shop", at: now).stock }
}
