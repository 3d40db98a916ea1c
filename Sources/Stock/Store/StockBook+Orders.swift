package import Store

/// How an order by itself changes what is reserved of a good.
package struct ReservationChange: Sendable, Equatable {
  /// The order's number.
  package var order: String
  package var good: String
  /// More than 0: so much more is reserved. Less than 0: so much less, but no more than is left.
  package var quantity: Int64

  package init(order: String, good: String, quantity: Int64) {
    self.order = order
    self.good = good
    self.quantity = quantity
  }
}

/// Why orders can't reserve. Nothing has changed then.
package enum ReservationRefusal: Error, Equatable, Sendable {
  /// A figure of the good of this change would leave its range, up to so much.
  case figureOutOfRange(place: Int, most: Int64)
  case goodsExhausted(limit: Int)
  case openExhausted(limit: Int)
  case ledgerExhausted(limit: Int)
}

extension StockBook {
  /// Orders reserve and release, all or none, with the transaction that takes them or their
  /// cancellations. Names and quantities are checked already. A cancellation only releases.
  package func reserve(
    _ business: String, _ changes: [ReservationChange], by principal: String,
    isCancellation: Bool = false, _ capacity: StockCapacity, _ batch: Batch
  ) throws(ReservationRefusal) {
    let ledger = ledger(business)
    var draft = LedgerDraft(ledger)
    for (place, change) in changes.enumerated() {
      let left = draft.reserved(change.good, for: change.order)
      let quantity = change.quantity > 0 ? change.quantity : min(-change.quantity, left)
      guard quantity > 0 else { continue }
      let move = StockMove(
        id: "", good: change.good, kind: change.quantity > 0 ? .reserved : .released,
        quantity: quantity, reference: change.order)
      do throws(StockRefusal) { _ = try draft.record(move, field: "") } catch {
        throw .figureOutOfRange(place: place, most: StockLimits.figure)
      }
    }
    do throws(StockExhaustion) {
      try take(draft, into: ledger, isCancellation: isCancellation, capacity, batch)
    } catch {
      switch error {
      case .goods(let limit): throw .goodsExhausted(limit: limit)
      case .open(let limit): throw .openExhausted(limit: limit)
      case .entries(let limit): throw .ledgerExhausted(limit: limit)
      }
    }
    guard !draft.entries.isEmpty else { return }
    keep(ledger, business, batch)
    write(draft, business, by: principal, batch)
    write(ledger, of: business, batch)
  }
}
