internal import Stock
internal import Store

// What orders reserve in the stock of their business, in the transaction that takes them. See
// OrderReservations for the table.
extension ForwardingBook {
  /// Orders that come reserve their items, and give back what the version before has more. Refused as a whole.
  func reserve(
    _ orders: [GivenOrder], _ stored: StoredIntake, _ capacity: StockCapacity, _ batch: Batch
  ) throws(ForwardingFailure) {
    let intake = stored.intake
    let mayMatter = orders.contains {
      OrderReservations.mayMatter(version: $0.version, hasItems: !$0.items.isEmpty)
    }
    guard mayMatter || !intake.reservations.isEmpty else { return }
    var plan = ReservationPlan()
    var fresh: Set<UInt64> = []
    for (place, order) in orders.enumerated() where order.facts.original == 0 {
      let identity = order.facts.identity
      guard intake.seen.find(identity) == nil, fresh.insert(identity).inserted else { continue }
      let number = OrderHash.number(order.number)
      let before = plan.holders[number]?.holder ?? intake.reservations[number]
      let replaces = OrderReservations.replaces(
        before, version: order.version, hasItems: !order.items.isEmpty)
      guard replaces else { continue }
      var items = plan.holders[number]?.items ?? []
      if plan.holders[number] == nil, let before, before.hasItems, !before.isCancelled {
        items = try self.items(of: before.sequence, stored, batch)
      }
      plan.add(order, at: place, replacing: items)
      let sequence = intake.nextSequence + Int64(fresh.count - 1)
      let holder = OrderReservations.Holder(
        version: order.version, sequence: sequence, hasItems: !order.items.isEmpty)
      plan.holders[number] = (holder, order.items)
    }
    try reserve(plan, intake, by: orders.first?.principal ?? "", capacity, batch)
  }

  /// An order that is cancelled gives back what is left of its items.
  func release(
    _ items: [OrderItem], of cancellation: OrderRecord, _ stored: StoredIntake,
    _ capacity: StockCapacity, _ batch: Batch
  ) throws(ForwardingFailure) {
    let intake = stored.intake
    guard !intake.reservations.isEmpty else { return }
    let number = OrderHash.number(cancellation.number)
    guard var holder = intake.reservations[number], holder.sequence == cancellation.original else {
      return
    }
    holder.isCancelled = true
    var plan = ReservationPlan()
    for change in OrderReservations.changes(from: items, to: []) {
      plan.add(change, of: cancellation.number, field: "number")
    }
    plan.holders[number] = (holder, [])
    try reserve(
      plan, intake, by: cancellation.principal, isCancellation: true, capacity, batch)
  }

  private func reserve(
    _ plan: ReservationPlan, _ intake: Intake, by principal: String, isCancellation: Bool = false,
    _ capacity: StockCapacity, _ batch: Batch
  ) throws(ForwardingFailure) {
    if let stock = batch.state(of: StockBook.self), !plan.changes.isEmpty {
      do throws(ReservationRefusal) {
        try stock.reserve(
          intake.business, plan.changes, by: principal, isCancellation: isCancellation, capacity,
          batch)
      } catch {
        switch error {
        case .figureOutOfRange(let place, let most):
          throw .refused(.figureOutOfRange(field: plan.fields[place], most: most))
        case .goodsExhausted(let limit): throw .refused(.goodsExhausted(limit: limit))
        case .openExhausted(let limit): throw .refused(.openExhausted(limit: limit))
        case .ledgerExhausted(let limit): throw .refused(.ledgerExhausted(limit: limit))
        }
      }
    }
    for (number, holding) in plan.holders { intake.hold(holding.holder, of: number) }
  }

  /// The items of an order that is kept. A look into the store, but only where a version replaces one.
  private func items(
    of sequence: Int64, _ stored: StoredIntake, _ batch: Batch
  ) throws(ForwardingFailure) -> [OrderItem] {
    stored.flush(batch)
    do throws(StoreError) {
      let key = OrderFeed.key(stored.intake.business)
      guard let chunk = try batch.chunk(of: key, containing: sequence) else { return [] }
      return try OrderChunk(chunk)[sequence]?.items ?? []
    } catch {
      throw .store(error)
    }
  }
}

/// What the orders of a call reserve, before it is done.
private struct ReservationPlan {
  var changes: [ReservationChange] = []
  /// Where each of them is in the request.
  var fields: [String] = []
  /// By the hash of the number: the order that has its items from then on, and these.
  var holders: [UInt64: (holder: OrderReservations.Holder, items: [OrderItem])] = [:]

  mutating func add(_ order: GivenOrder, at place: Int, replacing items: [OrderItem]) {
    for change in OrderReservations.changes(from: items, to: order.items) {
      let item = change.item.map { ".items[\($0)]" } ?? ""
      add(change, of: order.number, field: "orders[\(place)]\(item)")
    }
  }

  mutating func add(_ change: OrderReservations.Change, of order: String, field: String) {
    changes.append(
      ReservationChange(order: order, good: change.good, quantity: change.quantity))
    fields.append(field)
  }
}
