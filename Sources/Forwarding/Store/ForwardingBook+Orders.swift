internal import Numbers
internal import Stock
internal import Store

/// An order on its way to the book: what the rules look at, and its bytes for the feed.
struct GivenOrder: Sendable {
  let facts: NewOrder
  /// Of one with items, those before them.
  let bytes: [UInt8]
  let items: [OrderItem]
  let number: String
  let version: Int64
  let principal: String

  init(_ record: OrderRecord) {
    facts = record.facts
    (number, version, principal) = (record.number, record.version, record.principal)
    items = record.items
    bytes = record.items.isEmpty ? record.bytes : record.bytesBeforeItems
  }
}

extension ForwardingBook {
  /// Takes orders in, all or none.
  func submit(
    _ business: String, _ orders: [GivenOrder], _ capacity: ForwardingCapacity,
    stock: StockCapacity = StockCapacity(), _ batch: Batch
  ) throws(ForwardingFailure) -> [Submitted] {
    let stored = try intake(business, batch)
    let goods = GoodsLookup(business, batch)
    do throws(ForwardingRefusal) {
      try check(orders, stored.intake, capacity)
      try checkRoom(orders, stored.intake, goods)
    } catch {
      throw .refused(error)
    }
    // Last, as what it changes is changed.
    try reserve(orders, stored, stock, batch)
    let submitted = orders.map { take($0, stored, goods, batch) }
    schedule(stored)
    return submitted
  }

  /// Everything is looked at before anything is taken, as what was taken can't be taken back alone.
  private func check(
    _ orders: [GivenOrder], _ intake: Intake, _ capacity: ForwardingCapacity
  ) throws(ForwardingRefusal) {
    var contents: [UInt64: (content: UInt64, sequence: Int64)] = [:]
    var new = 0
    for (place, order) in orders.enumerated() {
      let (identity, content) = (order.facts.identity, order.facts.content)
      let found =
        intake.seen.find(identity).map { ($0.content, $0.sequence) } ?? contents[identity]
      if let found, found.0 != content {
        throw .orderChanged(field: "orders[\(place)]", sequence: found.1)
      }
      guard found == nil else { continue }
      if orders.count > 1 { contents[identity] = (content, intake.nextSequence + Int64(new)) }
      new += 1
    }
    guard new == 0 || kept + new <= capacity.orders else {
      throw .ordersExhausted(limit: capacity.orders)
    }
  }

  private func take(
    _ order: GivenOrder, _ stored: StoredIntake, _ goods: GoodsLookup, _ batch: Batch
  ) -> Submitted {
    guard order.items.isEmpty else { return takeWithItems(order, stored, goods, batch) }
    let submitted = stored.intake.submit(order.facts, at: batch.boot.microseconds)
    if case .taken = submitted { keep(order.bytes, stored, batch) }
    return submitted
  }

  /// An order was taken.
  func keep(_ bytes: [UInt8], _ stored: StoredIntake, _ batch: Batch) {
    stored.append(bytes, batch)
    kept += 1
    stored.startPruning(batch)
  }

  /// Sends a cancellation after an order, whose items are `items`. There is always room for it: an order that is
  /// kept has one at most, so there are never more than twice as many as `ForwardingCapacity.orders`.
  func cancel(
    _ business: String, _ record: OrderRecord, of items: [OrderItem] = [],
    stock: StockCapacity = StockCapacity(), _ batch: Batch
  ) throws(ForwardingFailure) -> Submitted {
    let stored = try intake(business, batch)
    let original = stored.intake.find(
      number: record.number, version: record.version, isCancellation: false)
    guard original == record.original else { throw .refused(.orderNotFound) }
    let given = GivenOrder(record)
    if stored.intake.seen.find(given.facts.identity) == nil {
      try release(items, of: record, stored, stock, batch)
    }
    let submitted = take(given, stored, GoodsLookup(business, batch), batch)
    schedule(stored)
    if case .differs(let sequence) = submitted {
      throw .refused(.cancelledDifferently(sequence: sequence))
    }
    return submitted
  }

  /// Where an order is.
  struct Whereabouts: Sendable {
    var sequence: Int64
    var place: OrderPlace
    /// How many lanes there are for it.
    var lanes: Int
    var version: Int64
    var units: [(name: String, place: UnitPlace)]
    /// The sequence of its cancellation; 0: none.
    var cancellation: Int64
  }

  func find(
    _ business: String, number: String, version: Int64, isCancellation: Bool
  ) throws(ForwardingFailure) -> (Int64, Intake) {
    let intake = try look(at: business).intake
    guard
      let sequence = intake.find(
        number: number, version: version, isCancellation: isCancellation)
    else { throw .refused(.orderNotFound) }
    return (sequence, intake)
  }

  func whereabouts(
    _ business: String, number: String, version: Int64, isCancellation: Bool
  ) throws(ForwardingFailure) -> Whereabouts {
    let (sequence, intake) = try find(
      business, number: number, version: version, isCancellation: isCancellation)
    let place = intake.place(of: sequence)
    let units = intake.units.values.filter { $0.place(of: sequence) != .none }
    let cancellation = intake.find(number: number, version: version, isCancellation: true)
    return Whereabouts(
      sequence: sequence, place: place, lanes: intake.layout(of: sequence).lanes.count,
      version: place == .forwarded ? intake.versions[sequence] : 0,
      units: units.map { ($0.name, $0.place(of: sequence)) }.sorted { $0.0 < $1.0 },
      cancellation: isCancellation ? 0 : cancellation ?? 0)
  }

  /// The sequences in a unit's queue after one of them.
  func queued(
    _ business: String, unit name: String, after sequence: Int64, limit: Int
  ) throws(ForwardingFailure) -> [Int64] {
    let intake = try look(at: business).intake
    guard let unit = intake.units[ExactText(name)] else {
      throw .refused(.unitNotFound(field: "unit"))
    }
    return unit.queue.sequences(
      at: UnitPlace.queued.rawValue, after: sequence, through: intake.nextSequence - 1,
      limit: limit)
  }
}
