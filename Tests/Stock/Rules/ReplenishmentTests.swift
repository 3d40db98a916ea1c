import Testing

@testable import Stock

@Suite struct ReplenishmentTests {
  private static let day = StockLimits.day

  /// On hand, in transit, reserved, shipped; reorder point, target, pack, lead days; window days; what follows.
  private static let rows: [(figures: [Int64], policy: [Int64], window: Int64, result: [Int64])] = [
    ([100, 0, 0, 0], [20, 80, 1, 0], 7, [0, 100, 0]),
    ([21, 0, 0, 0], [20, 80, 1, 0], 7, [0, 21, 0]),
    ([20, 0, 0, 0], [20, 80, 1, 0], 7, [0, 20, 60]),
    ([10, 11, 0, 0], [20, 80, 1, 0], 7, [0, 21, 0]),
    ([30, 0, 10, 0], [20, 80, 1, 0], 7, [0, 20, 60]),
    ([20, 0, 0, 0], [20, 80, 50, 0], 7, [0, 20, 100]),
    ([20, 0, 0, 0], [20, 80, 60, 0], 7, [0, 20, 60]),
    ([-5, 0, 0, 0], [0, 10, 4, 0], 7, [0, -5, 16]),
    // 70 within 7 days are 10 a day.
    ([50, 0, 0, 70], [20, 80, 1, 2], 7, [20, 30, 0]),
    ([50, 0, 0, 70], [20, 80, 1, 3], 7, [30, 20, 60]),
    ([50, 0, 0, 1], [20, 80, 1, 1], 7, [1, 49, 0]),
    ([0, 0, 0, 0], [0, 0, 1, 0], 7, [0, 0, 0]),
    // As large as figures become.
    (
      [0, 0, 0, StockLimits.figure], [0, StockLimits.quantity, StockLimits.quantity, 366], 1,
      [
        StockLimits.figure, -StockLimits.figure,
        StockLimits.figure + StockLimits.quantity,
      ]
    ),
  ]

  @Test(arguments: rows)
  func whatIsToOrder(figures: [Int64], policy: [Int64], window: Int64, result: [Int64]) {
    let line = Replenishment(
      StockFigures(
        onHand: figures[0], inTransit: figures[1], reserved: figures[2], shipped: figures[3]),
      window: window * Self.day,
      ReplenishmentPolicy(
        reorderPoint: policy[0], target: policy[1], packSize: policy[2],
        leadSeconds: policy[3] * 86_400))
    #expect([line.leadDemand, line.projected, line.quantityToOrder] == result)
  }

  @Test func aShortWindowDoesNotOverflow() {
    let policy = ReplenishmentPolicy(
      reorderPoint: 0, target: 0, packSize: 1, leadSeconds: StockLimits.longestLeadSeconds)
    let line = Replenishment(StockFigures(shipped: StockLimits.figure), window: 1, policy)
    #expect(line.leadDemand == StockLimits.figure)
  }

  private static let policies: [([Int64], String?)] = [
    ([0, 0, 1, 0], nil), ([20, 80, 5, 86_400], nil), ([-1, 0, 1, 0], "reorder_point"),
    ([StockLimits.quantity + 1, 0, 1, 0], "reorder_point"), ([5, 4, 1, 0], "target"),
    ([0, StockLimits.quantity + 1, 1, 0], "target"), ([0, 0, 0, 0], "pack_size"),
    ([0, 0, -1, 0], "pack_size"), ([0, 0, 1, -1], "lead_time"),
    ([0, 0, 1, StockLimits.longestLeadSeconds + 1], "lead_time"),
  ]

  @Test(arguments: policies)
  func policiesInOrder(values: [Int64], wrong: String?) {
    let policy = ReplenishmentPolicy(
      reorderPoint: values[0], target: values[1], packSize: values[2], leadSeconds: values[3])
    switch policy.refusal("p") {
    case nil: #expect(wrong == nil)
    case .policyOutOfRange(let field, _, _): #expect(field == wrong.map { "p.\($0)" })
    case let other: Issue.record("\(String(describing: other))")
    }
  }

  private static let windows: [(Int64?, Int64?, String?)] = [
    (0, 1, nil), (-5, 5, nil), (nil, 5, "form.window_start"), (5, nil, "form.window_end"),
    (5, 5, "form.window_end"), (6, 5, "form.window_end"), (0, 366 * day, nil),
    (0, 366 * day + 1, "form.window_end"),
  ]

  @Test(arguments: windows)
  func windowsInOrder(start: Int64?, end: Int64?, wrong: String?) {
    do throws(StockRefusal) {
      let window = try FormWindow(start: start, end: end)
      #expect(wrong == nil && window.length > 0)
    } catch {
      #expect(error == .windowInvalid(field: wrong ?? ""))
    }
  }
}
