/// So many lanes for the orders from a sequence on, until the number of lanes is changed again.
///
///     orders     come        leave their lanes
///     of first   never more  at once
///     between    never more  when those before have no order left
///     of last    here        when those before have no order left
///
/// So no order overtakes one of its key that came before a change. A layout without orders goes when
/// another one follows.
struct LaneLayout: Sendable {
  let from: Int64
  private(set) var lanes: [OrderLine]
  private(set) var depth = 0

  init(from: Int64, lanes count: Int32) {
    self.from = from
    lanes = Array(repeating: OrderLine(), count: Int(count))
  }

  var count: Int32 { Int32(lanes.count) }

  func lane(ofKey key: UInt64) -> Int { Self.lane(ofKey: key, of: lanes.count) }

  static func lane(ofKey key: UInt64, of lanes: Int) -> Int { Int(key % UInt64(lanes)) }

  mutating func append(_ order: WaitingOrder) {
    lanes[lane(ofKey: order.key)].append(order)
    depth += 1
  }

  mutating func undoAppend(key: UInt64) {
    lanes[lane(ofKey: key)].undoAppend()
    depth -= 1
  }

  mutating func removeFirst(ofLane lane: Int) -> WaitingOrder? {
    guard let order = lanes[lane].first else { return nil }
    lanes[lane].removeFirst()
    depth -= 1
    return order
  }

  mutating func undoRemoveFirst(_ order: WaitingOrder) {
    lanes[lane(ofKey: order.key)].undoRemoveFirst(order)
    depth += 1
  }

  mutating func settle() { for lane in lanes.indices { lanes[lane].settle() } }

  /// The lane whose time comes next, and when: at once if it has a batch, or the window of its oldest
  /// order is over. Of several the one whose oldest order is the oldest. One whose oldest order is held has
  /// no time.
  func next(
    _ settings: IntakeSettings, isHeld: (WaitingOrder) -> Bool = { _ in false }
  ) -> (lane: Int, due: Int64)? {
    var next: (lane: Int, due: Int64)?
    for (lane, line) in lanes.enumerated() {
      guard let first = line.first, !isHeld(first) else { continue }
      let isFull = line.count >= Int(settings.batchSize)
      let due = isFull ? first.since : first.since + settings.window
      if next.map({ due < $0.due }) ?? true { next = (lane, due) }
    }
    return next
  }
}

/// How a business takes orders in.
struct IntakeSettings: Sendable, Equatable {
  var lanes: Int32
  /// µs.
  var window: Int64
  var batchSize: Int32
  /// How long an order is kept at least after it came, µs.
  var retention: Int64 = ForwardingLimits.defaultRetention

  func check() throws(ForwardingRefusal) {
    guard (1...ForwardingLimits.lanes).contains(lanes) else { throw .lanesOutOfRange }
    guard (0...ForwardingLimits.longestWindow).contains(window) else { throw .windowOutOfRange }
    guard (1...ForwardingLimits.ordersPerDispatch).contains(batchSize) else {
      throw .batchSizeOutOfRange
    }
    guard ForwardingLimits.retentions.contains(retention) else { throw .retentionOutOfRange }
  }
}
