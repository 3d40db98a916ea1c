internal import Catalog
internal import Numbers
internal import Store

/// The catalog of a business, as it is in the transaction in hand.
struct GoodsLookup {
  private let business: String
  private let batch: Batch

  init(_ business: String, _ batch: Batch) {
    self.business = business
    self.batch = batch
  }

  /// What looks goods up, one after another.
  var known: Intake.Known {
    let (catalog, business) = (batch.state(of: CatalogBook.self), business)
    return { good in
      catalog?.version(ofGood: good, of: business).map {
        GoodVersion(good: $0.good, manufacturer: $0.manufacturer)
      }
    }
  }

  /// Items with the versions of their goods, if all are there; else what is missing.
  func lookUp(_ items: [OrderItem]) -> (items: [OrderItem], lacked: LackedGoods?) {
    let known = known
    var found = items
    for place in items.indices {
      guard let version = known(items[place].good) else {
        return (items, LackedGoods(goods: items.map(\.good), missing: items[place].good))
      }
      found[place].version = version
    }
    return (found, nil)
  }
}

// Orders with goods.
extension ForwardingBook {
  /// Whether orders that lack goods have room to wait.
  func checkRoom(
    _ orders: [GivenOrder], _ intake: Intake, _ goods: GoodsLookup
  ) throws(ForwardingRefusal) {
    var more = 0
    for order in orders where !order.items.isEmpty {
      guard goods.lookUp(order.items).lacked != nil else { continue }
      if intake.seen.find(order.facts.identity) == nil { more += order.items.count }
    }
    guard more > 0 else { return }
    let limit = ForwardingLimits.lackedGoodsPerBusiness
    guard intake.waiting.lackedGoods + more <= limit else { throw .waitingExhausted(limit: limit) }
    let all = intakes.values.reduce(more) { $0 + $1.intake.waiting.lackedGoods }
    guard all <= ForwardingLimits.lackedGoods else {
      throw .waitingExhausted(limit: ForwardingLimits.lackedGoods)
    }
  }

  /// The goods of an order are looked up as it is taken.
  func takeWithItems(
    _ order: GivenOrder, _ stored: StoredIntake, _ goods: GoodsLookup, _ batch: Batch
  ) -> Submitted {
    let (items, lacked) = goods.lookUp(order.items)
    let submitted = stored.intake.submit(
      order.facts, lacking: lacked, at: batch.boot.microseconds)
    guard case .taken = submitted else { return submitted }
    keep(order.bytes + OrderRecord.bytes(of: items), stored, batch)
    // So that the warnings hear of it.
    if lacked != nil { schedule(stored, at: batch.boot.microseconds) }
    return submitted
  }

  /// Orders that wait for goods which came with the batch are to be looked at, in the same transaction.
  func takeArrivals(_ batch: Batch) {
    guard let catalog = batch.state(of: CatalogBook.self), !catalog.arrived.isEmpty else { return }
    for (business, good) in catalog.arrived {
      guard let stored = intakes[ExactText(business)],
        stored.intake.waiting.awaited[ExactText(good)] != nil
      else { continue }
      touch(stored, batch)
      stored.intake.arrived(good)
      schedule(stored, at: batch.boot.microseconds)
    }
  }

  /// An order that waits for goods, or behind one.
  struct Waiting: Sendable {
    var sequence: Int64
    var place: OrderPlace
    /// Those that the catalog doesn't have.
    var missing: [String]
  }

  /// The orders that wait for goods after a sequence, in their order; at most `limit`, and fewer where they
  /// miss many goods.
  func waiting(
    _ business: String, after sequence: Int64, limit: Int, _ batch: Batch
  ) throws(ForwardingFailure) -> (orders: [Waiting], isMore: Bool) {
    let intake = try look(at: business).intake
    let sequences = [OrderPlace.awaiting, .behind].flatMap { place in
      intake.places.sequences(
        at: place.rawValue, after: max(sequence, intake.floor - 1),
        through: intake.nextSequence - 1, limit: limit + 1)
    }.sorted()
    let known = GoodsLookup(business, batch).known
    var orders: [Waiting] = []
    var goods = 0
    for sequence in sequences.prefix(limit) {
      let missing = (intake.waiting.lacking[sequence] ?? []).filter { known($0) == nil }
      goods += missing.count
      guard orders.isEmpty || goods <= ForwardingLimits.missingGoodsPerPage else { break }
      orders.append(
        Waiting(sequence: sequence, place: intake.place(of: sequence), missing: missing))
    }
    return (orders, orders.count < sequences.count)
  }
}
