import Store
import Testing

@testable import Forwarding
@testable import Stock

/// Orders and the stock in one store.
@Suite(.timeLimit(.minutes(10))) struct OrderReservingTests {
  private static let capacity = ForwardingCapacity()

  private static func setUp() async throws -> StoredForwarding {
    let stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      let settings = IntakeSettings(lanes: 1, window: 0, batchSize: 5)
      _ = try book.put("b", settings, capacity, batch)
    }
    return stored
  }

  private static func record(
    _ number: Int, _ version: Int64, _ items: [(String, Int64)]
  ) -> OrderRecord {
    OrderRecord(
      number: "\(number)", version: version, key: "", code: "A", body: [], principal: "me",
      items: items.map { OrderItem(good: $0.0, quantity: $0.1) })
  }

  private static func submit(
    _ orders: [OrderRecord], _ stored: StoredForwarding, _ stock: StockCapacity = StockCapacity(),
    inVain: Bool = false
  ) async throws -> ForwardingRefusal? {
    let given = orders.map { GivenOrder($0) }
    return try await stored.change(inVain: inVain) { (book, batch) throws(ForwardingFailure) in
      _ = try book.submit("b", given, capacity, stock: stock, batch)
    }
  }

  private static func cancel(
    _ order: OrderRecord, _ stored: StoredForwarding, _ stock: StockCapacity = StockCapacity(),
    inVain: Bool = false
  ) async throws -> ForwardingRefusal? {
    try await stored.change(inVain: inVain) { (book, batch) throws(ForwardingFailure) in
      var record = OrderRecord(
        number: order.number, version: order.version, key: "", code: "A", body: [],
        principal: "")
      record.original = try book.find(
        "b", number: order.number, version: order.version, isCancellation: false
      ).0
      _ = try book.cancel("b", record, of: order.items, stock: stock, batch)
    }
  }

  /// What is open, by good and order; the figures say the same.
  private static func open(_ stored: StoredForwarding) async throws -> [String: Int64] {
    let stock = stored.store.state(of: StockBook.self)
    return try await stored.store.ask(caller: "test") { (batch) throws(StoreError) in
      guard let ledger = stock[batch].ledgers["b"] else { return [:] }
      var open: [String: Int64] = [:]
      var sums: [String: Int64] = [:]
      for (key, left) in ledger.open {
        open["\(key.good.text) \(key.reference.text)"] = left
        sums[key.good.text, default: 0] += left
      }
      for (name, good) in ledger.goods { #expect(good.figures.reserved == sums[name.text] ?? 0) }
      return open
    }
  }

  private static func ship(
    _ quantity: Int64, _ good: String, of order: String, _ stored: StoredForwarding
  ) async throws {
    let stock = stored.store.state(of: StockBook.self)
    try await stored.store.execute(caller: "test") { (batch) throws(StoreError) in
      let move = StockMove(
        id: "ship", good: good, kind: .shipped, quantity: quantity, reference: order)
      do throws(StockFailure) {
        _ = try stock[batch].record("b", [move], by: "", StockCapacity(), batch)
      } catch {
        throw .constraint("\(error)")
      }
    }
  }

  @Test func aLaterVersionReservesTheDifference() async throws {
    let stored = try await Self.setUp()
    let first = Self.record(1, 0, [("tea", 10), ("salt", 3)])
    #expect(try await Self.submit([first, first], stored) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 10, "salt 1": 3])
    try await Self.ship(4, "tea", of: "1", stored)
    #expect(try await Self.submit([first], stored) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 6, "salt 1": 3])
    try await stored.reopen()
    #expect(try await Self.submit([Self.record(1, 2, [("tea", 12)])], stored) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 8])
    #expect(try await Self.submit([Self.record(1, 1, [("rice", 1)])], stored) == nil)
    #expect(try await Self.cancel(first, stored) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 8], "it isn't what reserves any more")
    // Two versions in one call; no items at all.
    let orders = [Self.record(1, 3, [("rice", 5)]), Self.record(1, 4, [("rice", 2), ("oil", 1)])]
    #expect(try await Self.submit(orders, stored) == nil)
    #expect(try await Self.open(stored) == ["rice 1": 2, "oil 1": 1])
    #expect(try await Self.submit([Self.record(1, 5, [])], stored) == nil)
    #expect(try await Self.open(stored) == [:])
    await stored.store.close()
  }

  @Test func aLaterVersionWithoutItemsOutdatesOneThatComesAfterIt() async throws {
    let stored = try await Self.setUp()
    let (second, third) = (Self.record(1, 2, []), Self.record(2, 3, []))
    #expect(try await Self.submit([second, third], stored, inVain: true) == nil)
    let known = try await stored.look { book, _ in book.intakes["b"]?.intake.reservations.isEmpty }
    #expect(known == true)
    // In one call, and after a start.
    #expect(try await Self.submit([second, Self.record(1, 1, [("tea", 5)]), third], stored) == nil)
    #expect(try await Self.cancel(third, stored) == nil)
    try await stored.reopen()
    #expect(try await Self.submit([Self.record(2, 1, [("tea", 7)])], stored) == nil)
    #expect(try await Self.open(stored) == [:])
    #expect(try await Self.submit([Self.record(1, 3, [("tea", 2)])], stored) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 2])
    // Nobody has to know of a version 0.
    #expect(try await Self.submit([Self.record(3, 0, [])], stored) == nil)
    let holder = try await stored.look { book, _ in
      book.intakes["b"]?.intake.reservations[OrderHash.number("3")]
    }
    #expect(holder == OrderReservations.Holder??.some(nil))
    await stored.store.close()
  }

  /// What the version before has isn't in the tables yet.
  @Test func twoVersionsInOneBatch() async throws {
    let stored = try await Self.setUp()
    let (first, second) = (
      GivenOrder(Self.record(1, 0, [("tea", 10)])), GivenOrder(Self.record(1, 1, [("tea", 4)]))
    )
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.submit("b", [first], Self.capacity, batch)
      _ = try book.submit("b", [second], Self.capacity, batch)
    }
    #expect(try await Self.open(stored) == ["tea 1": 4])
    try await stored.reopen()
    #expect(try await Self.submit([Self.record(1, 2, [("tea", 5)])], stored) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 5])
    await stored.store.close()
  }

  @Test func aCancellationReleasesWhatIsLeft() async throws {
    let stored = try await Self.setUp()
    let first = Self.record(1, 0, [("tea", 10)])
    #expect(try await Self.submit([first], stored) == nil)
    try await Self.ship(4, "tea", of: "1", stored)
    #expect(try await Self.cancel(first, stored, inVain: true) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 6])
    #expect(try await Self.cancel(first, stored) == nil)
    #expect(try await Self.cancel(first, stored) == nil)
    #expect(try await Self.open(stored) == [:])
    try await stored.reopen()
    #expect(try await Self.submit([Self.record(1, 1, [("tea", 7)])], stored) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 7], "nothing was left to differ from")
    await stored.store.close()
  }

  @Test func whatTheStockRefusesIsRefusedAsAWhole() async throws {
    let stored = try await Self.setUp()
    let orders = [Self.record(1, 0, [("tea", 1)]), Self.record(2, 0, [("tea", 1), ("salt", 1)])]
    for (capacity, refusal) in [
      (StockCapacity(goods: 1), ForwardingRefusal.goodsExhausted(limit: 1)),
      (StockCapacity(openQuantities: 2), .openExhausted(limit: 2)),
      (StockCapacity(movements: 2), .ledgerExhausted(limit: 2)),
    ] {
      #expect(try await Self.submit(orders, stored, capacity) == refusal)
      #expect(try await Self.open(stored) == [:])
      let kept = try await stored.look { book, _ in
        (book.kept, book.intakes["b"]?.intake.reservations.isEmpty)
      }
      #expect(kept == (0, true))
    }
    let most = Self.record(3, 0, [("salt", 1), ("tea", StockLimits.figure)])
    #expect(try await Self.submit([most], stored) == nil)
    #expect(
      try await Self.submit(orders, stored)
        == .figureOutOfRange(field: "orders[0].items[0]", most: StockLimits.figure))
    #expect(try await Self.open(stored) == ["salt 3": 1, "tea 3": StockLimits.figure])
    await stored.store.close()
  }

  /// Also where more is open for the order than it reserved itself.
  @Test func aFullStockTakesCancellations() async throws {
    let stored = try await Self.setUp()
    let full = StockCapacity(goods: 1, openQuantities: 1, movements: 1)
    let orders = [Self.record(1, 0, [("tea", 4), ("salt", 2)]), Self.record(2, 0, [("tea", 1)])]
    #expect(try await Self.submit(orders, stored) == nil)
    let stock = stored.store.state(of: StockBook.self)
    try await stored.store.execute(caller: "test") { (batch) throws(StoreError) in
      let move = StockMove(id: "m", good: "tea", kind: .reserved, quantity: 3, reference: "1")
      do throws(StockFailure) {
        _ = try stock[batch].record("b", [move], by: "", StockCapacity(), batch)
      } catch {
        throw .constraint("\(error)")
      }
    }
    let fewer = Self.record(1, 1, [("tea", 3), ("salt", 2)])
    #expect(try await Self.submit([fewer], stored, full) == .ledgerExhausted(limit: 1))
    #expect(try await Self.cancel(orders[0], stored, full) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 3, "tea 2": 1])
    // A version without what is open only ends it.
    #expect(try await Self.submit([Self.record(2, 1, [])], stored, full) == nil)
    #expect(try await Self.open(stored) == ["tea 1": 3])
    try await stored.reopen()
    #expect(try await Self.open(stored) == ["tea 1": 3])
    await stored.store.close()
  }

  /// What is reserved follows from the orders that were taken, whatever else happened.
  @Test(arguments: 0..<4)
  func reservationsFollowFromTheOrders(seed: Int) async throws {
    let stored = try await Self.setUp()
    var random = IntakeHistoryTests.Random(state: UInt64(seed))
    func items(_ number: Int, _ version: Int64) -> [(String, Int64)] {
      version == 3 ? [] : (0..<3).map { ("g\((number + $0 * Int(version + 1)) % 7)", version + 1) }
    }
    /// By number: the highest version, and whether it was cancelled.
    var taken: [Int: (version: Int64, isCancelled: Bool)] = [:]
    var came: Set<String> = []
    for step in 0..<200 {
      let number = Int.random(in: 0..<12, using: &random)
      let version = Int64.random(in: 0..<5, using: &random)
      let record = Self.record(number, version, Self.unique(items(number, version)))
      let inVain = step % 5 == 4
      if Int.random(in: 0..<4, using: &random) == 0 {
        let refusal = try await Self.cancel(record, stored, inVain: inVain)
        if !inVain, refusal == nil, taken[number]?.version == version {
          taken[number]?.isCancelled = true
        }
      } else {
        #expect(try await Self.submit([record], stored, inVain: inVain) == nil)
        // One that came before changes nothing.
        guard !inVain, came.insert("\(number) \(version)").inserted else { continue }
        let isHigher = taken[number].map { $0.version < version } ?? true
        if isHigher { taken[number] = (version, false) }
      }
      if step % 40 == 39 { try await stored.reopen() }
      var expected: [String: Int64] = [:]
      for (number, order) in taken where !order.isCancelled {
        for item in Self.unique(items(number, order.version)) {
          expected["\(item.0) \(number)"] = item.1
        }
      }
      #expect(try await Self.open(stored) == expected)
    }
    await stored.store.close()
  }

  private static func unique(_ items: [(String, Int64)]) -> [(String, Int64)] {
    Dictionary(items, uniquingKeysWith: +).sorted { $0.key < $1.key }
  }
}
