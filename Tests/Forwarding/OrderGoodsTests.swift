import API
import Messages
import Store
import Synchronization
import Testing

@testable import Catalog
@testable import Forwarding

/// Orders and the catalog in one store.
@Suite(.timeLimit(.minutes(10))) struct OrderGoodsTests {
  private static let capacity = ForwardingCapacity()
  private static let settings = IntakeSettings(lanes: 3, window: 0, batchSize: 5)

  private static func order(_ number: Int, key: Int, _ goods: [String]) -> GivenOrder {
    GivenOrder(
      OrderRecord(
        number: "\(number)", version: 0, key: "k\(key)", code: "A", body: [1], principal: "",
        items: goods.map { OrderItem(good: $0, quantity: 2) }))
  }

  private static func setUp() async throws -> StoredForwarding {
    let stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("b", settings, capacity, batch)
      _ = try book.put("b", unit: "erp", codes: ["A"], batch)
    }
    return stored
  }

  private static func submit(
    _ orders: [GivenOrder], _ stored: StoredForwarding, inVain: Bool = false
  ) async throws -> ForwardingRefusal? {
    try await stored.change(inVain: inVain) { (book, batch) throws(ForwardingFailure) in
      _ = try book.submit("b", orders, capacity, batch)
    }
  }

  /// Puts goods of the maker m, and the maker, all with details that say which time it is.
  private static func put(
    _ goods: [String], _ details: String, _ stored: StoredForwarding, inVain: Bool = false
  ) async throws {
    var items = [
      try CatalogItem(Manufacturer(number: "m", name: "M", details: details), "manufacturers[0]")
    ]
    for good in goods {
      items.append(
        try CatalogItem(
          Good(number: good, name: good, manufacturer: "m", details: details), "goods[0]"))
    }
    let catalog = stored.store.state(of: CatalogBook.self)
    do throws(StoreError) {
      try await stored.store.execute(caller: "test") { [items] (batch) throws(StoreError) in
        do throws(CatalogFailure) {
          _ = try catalog[batch].put("b", items, CatalogCapacity(), batch)
        } catch {
          throw .constraint("\(error)")
        }
        if inVain { throw .constraint("in vain") }
      }
    } catch {
      #expect(inVain && error == .constraint("in vain"))
    }
  }

  private static func goods(_ sequence: Int64, _ stored: StoredForwarding) async throws
    -> OrderGoods?
  {
    try await stored.store.read { (connection) throws(StoreError) in
      let chunk = try connection.chunk(of: OrderFeed.key("b"), containing: sequence)
      guard let chunk, let order = try OrderChunk(chunk)[sequence] else { return nil }
      return try OrderGoods(order, sequence, of: "b", connection)
    }
  }

  private static func places(_ stored: StoredForwarding, _ sequences: ClosedRange<Int64>)
    async throws -> [OrderPlace]
  {
    try await stored.look { book, _ in
      sequences.map { book.intakes["b"]?.intake.place(of: $0) ?? .none }
    }
  }

  @Test func anOrderHasTheGoodsThatHeldWhenItWasTakenOrWentOn() async throws {
    let stored = try await Self.setUp()
    try await Self.put(["tea"], "then", stored)
    #expect(try await Self.submit([Self.order(1, key: 1, ["tea"])], stored) == nil)
    #expect(try await Self.submit([Self.order(2, key: 2, ["rice", "tea"])], stored) == nil)
    try await stored.settle()
    #expect(try await Self.places(stored, 1...2) == [.forwarded, .awaiting])
    #expect(try await Self.goods(2, stored)?.goods.isEmpty == true)
    try await Self.put(["tea"], "between", stored)
    try await Self.put(["tea", "rice"], "now", stored)
    try await stored.settle()
    try await Self.put(["tea", "rice"], "later", stored)
    for _ in 0..<2 {
      #expect(try await Self.places(stored, 1...2) == [.forwarded, .forwarded])
      let (first, second) = (try await Self.goods(1, stored), try await Self.goods(2, stored))
      #expect(first?.goods.map(\.details) == ["then"])
      #expect(first?.manufacturers.map(\.details) == ["then"])
      #expect(second?.goods.map(\.number) == ["rice", "tea"])
      #expect(second?.goods.map(\.details) == ["now", "now"])
      #expect(second?.manufacturers.map(\.details) == ["now"])
      try await stored.reopen()
    }
    await stored.store.close()
  }

  @Test func whatIsTakenBackLeavesNothing() async throws {
    let stored = try await Self.setUp()
    #expect(try await Self.submit([Self.order(1, key: 1, ["tea"])], stored) == nil)
    try await stored.settle()
    let before = try await stored.snapshot("b")
    #expect(before?.awaited.keys.sorted() == ["tea"])
    #expect(
      try await Self.submit(
        [Self.order(2, key: 2, ["rice"]), Self.order(3, key: 1, [])], stored, inVain: true) == nil)
    #expect(try await stored.snapshot("b") == before)
    try await Self.put(["tea", "rice"], "", stored, inVain: true)
    try await stored.settle()
    #expect(try await stored.snapshot("b") == before)
    try await Self.put(["tea"], "", stored)
    try await stored.settle()
    #expect(try await Self.places(stored, 1...1) == [.forwarded])
    await stored.store.close()
  }

  @Test(arguments: 0..<4)
  func waitingIsTheSameAfterEveryStart(seed: Int) async throws {
    let stored = try await Self.setUp()
    var random = IntakeHistoryTests.Random(state: UInt64(seed))
    for step in 0..<100 {
      let number = Int.random(in: 0..<300, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0: try await Self.put(["g\(number % 9)"], "\(step)", stored, inVain: step % 3 == 0)
      case 1:
        let record = OrderRecord(
          number: "\(number)", version: 0, key: "k\(number % 5)", code: "A", body: [1],
          original: 0, principal: "")
        try await stored.change { (book, batch) throws(ForwardingFailure) in
          var record = record
          record.original = try book.find(
            "b", number: record.number, version: 0, isCancellation: false
          ).0
          _ = try book.cancel("b", record, batch)
        }
      default:
        let goods = number % 4 == 0 ? [] : ["g\(number % 9)", "g\(9 + number % 5)"]
        _ = try await Self.submit(
          [Self.order(number, key: number % 5, goods)], stored, inVain: step % 5 == 0)
      }
      if step % 20 == 19 {
        if step == 59 { try await Self.put((9..<14).map { "g\($0)" }, "", stored) }
        try await stored.settle()
        let before = try await stored.snapshot("b")
        try await stored.reopen()
        try await stored.settle()
        #expect(try await stored.snapshot("b") == before)
      }
    }
    let counts = try await stored.look { book, _ in book.intakes["b"]?.intake.counts ?? [] }
    #expect(counts[Int(OrderPlace.awaiting.rawValue)] > 0, "the history says something")
    #expect(counts[Int(OrderPlace.forwarded.rawValue)] > 0)
    await stored.store.close()
  }

  /// One that many orders wait for takes turns with other businesses.
  @Test func aGoodThatManyWaitForHoldsUpNobodyElse() async throws {
    let stored = try await Self.setUp()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("c", Self.settings, Self.capacity, batch)
      _ = try book.put("c", unit: "erp", codes: ["A"], batch)
    }
    for first in stride(from: 0, to: 5_000, by: 1_000) {
      let orders = (first..<first + 1_000).map { Self.order($0, key: $0, ["rice"]) }
      #expect(try await Self.submit(orders, stored) == nil)
    }
    try await stored.settle()
    // What may go on is due at once, and so before what came now.
    stored.clock.advance(by: .seconds(1))
    let rice = try CatalogItem(Good(number: "rice", name: "Rice"), "goods[0]")
    let seen = Mutex((wakes: 0, left: 0))
    // In one command, so that nothing but these calls does any of it.
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      do throws(CatalogFailure) {
        _ = try batch.state(of: CatalogBook.self)?.put("b", [rice], CatalogCapacity(), batch)
      } catch {
        throw .store(.constraint("\(error)"))
      }
      book.takeArrivals(batch)
      _ = try book.submit("c", [Self.order(1, key: 1, [])], Self.capacity, batch)
      var wakes = 0
      while book.intakes["c"]?.intake.count(.lane) == 1, wakes < 5 {
        wakes += 1
        do throws(StoreError) { try book.wake(batch) } catch { throw .store(error) }
      }
      let left = book.intakes["b"]?.intake.count(.awaiting) ?? 0
      seen.withLock { $0 = (wakes, left) }
    }
    let (wakes, left) = seen.withLock { $0 }
    #expect(wakes < 5, "the other's order goes soon")
    #expect(left > 0, "the other's order went while there was much to do")
    try await stored.settle()
    #expect(
      try await stored.look { book, _ in book.intakes["b"]?.intake.count(.forwarded) } == 5_000)
    await stored.store.close()
  }

  @Test func whatWaitsHasALimit() async throws {
    let stored = try await Self.setUp()
    let goods = (0..<100).map { "g\($0)" }
    for first in stride(from: 0, to: 200, by: 10) {
      let orders = (first..<first + 10).map { Self.order($0, key: $0, goods) }
      #expect(try await Self.submit(orders, stored) == nil)
    }
    let limit = ForwardingLimits.lackedGoodsPerBusiness
    #expect(
      try await Self.submit([Self.order(200, key: 1, ["x"])], stored)
        == .waitingExhausted(limit: limit))
    // What is known, or came before, is taken as ever.
    #expect(try await Self.submit([Self.order(5, key: 5, goods)], stored) == nil)
    try await Self.put(["tea"], "", stored)
    #expect(try await Self.submit([Self.order(201, key: 201, ["tea"])], stored) == nil)
    // A page of them is bounded.
    let page = try await stored.look { book, batch in
      try? book.waiting("b", after: 0, limit: 1_000, batch)
    }
    #expect(page?.orders.count == 100 && page?.isMore == true)
    await stored.store.close()
  }
}
