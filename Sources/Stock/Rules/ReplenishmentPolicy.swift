/// When and how much to order of a good.
struct ReplenishmentPolicy: Sendable, Equatable {
  var reorderPoint: Int64
  var target: Int64
  var packSize: Int64
  var leadSeconds: Int64

  /// Why it isn't in order, or nil. `field` is where it is in the request.
  func refusal(_ field: String) -> StockRefusal? {
    func outside(_ value: Int64, _ range: ClosedRange<Int64>, _ name: String) -> StockRefusal? {
      range.contains(value)
        ? nil
        : .policyOutOfRange(
          field: "\(field).\(name)", least: range.lowerBound, most: range.upperBound)
    }
    let most = StockLimits.quantity
    return outside(reorderPoint, 0...most, "reorder_point")
      ?? outside(target, reorderPoint...most, "target")
      ?? outside(packSize, 1...most, "pack_size")
      ?? outside(leadSeconds, 0...StockLimits.longestLeadSeconds, "lead_time")
  }
}

/// What to order of a good, and why.
struct Replenishment: Sendable, Equatable {
  /// At the window's end; `shipped` is what went out within it.
  var figures: StockFigures
  var policy: ReplenishmentPolicy
  /// What goes out until an order arrives, if it goes on as within the window.
  var leadDemand: Int64
  /// What will be left then.
  var projected: Int64
  var quantityToOrder: Int64

  /// What follows from the figures at a window's end and from what went out within it; `window` in µs, more
  /// than 0.
  init(_ figures: StockFigures, window: Int64, _ policy: ReplenishmentPolicy) {
    self.figures = figures
    self.policy = policy
    leadDemand = Self.demand(
      figures.shipped, during: policy.leadSeconds * StockLimits.second, window: window)
    projected = figures.onHand + figures.inTransit - figures.reserved - leadDemand
    guard projected <= policy.reorderPoint else {
      quantityToOrder = 0
      return
    }
    let missing = policy.target - projected
    let (packs, rest) = missing.quotientAndRemainder(dividingBy: policy.packSize)
    quantityToOrder = (packs + (rest > 0 ? 1 : 0)) * policy.packSize
  }

  /// `shipped * lead / window`, rounded up, at most the largest figure.
  private static func demand(_ shipped: Int64, during lead: Int64, window: Int64) -> Int64 {
    guard shipped > 0, lead > 0, window > 0 else { return 0 }
    let product = shipped.magnitude.multipliedFullWidth(by: lead.magnitude)
    // Else the quotient has more than 64 bits.
    guard product.high < window.magnitude else { return StockLimits.figure }
    let (quotient, rest) = window.magnitude.dividingFullWidth(product)
    guard quotient < StockLimits.figure.magnitude else { return StockLimits.figure }
    return Int64(quotient) + (rest > 0 ? 1 : 0)
  }
}
