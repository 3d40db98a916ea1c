// The bound of a unit's queue:
//
//     the queue has        the unit's policy    an order that matches the unit
//     fewer than its bound                      arrives
//     as many, or more     queue                arrives, and counts as beyond the bound
//     as many, or more     hold the lane        stays the first of its lane, and the lane waits
//
// Only what is the first of a lane is held. A cancellation arrives, as it is about an order that did; so does
// what is behind a quarantined order of its key, or was, as it has left its lane.

/// What becomes of an order for a full queue. As it is stored: never renumber.
enum OverflowPolicy: Int32, Sendable, CaseIterable {
  case queue = 1
  case holdLane = 2
}

extension ForwardUnit {
  private var bound: Int { Int(consumption.settings.queueBound) }

  /// Orders in the queue beyond its bound.
  var beyondBound: Int { bound == 0 ? 0 : max(0, depth - bound) }

  /// Lanes wait whose first order is for it.
  var holdsLanes: Bool {
    consumption.settings.overflow == .holdLane && bound != 0 && depth >= bound
  }
}

extension Intake {
  /// Orders in the queues of all units beyond their bounds.
  var beyondBound: Int { units.values.reduce(0) { $0 + $1.beyondBound } }

  /// The unit for which the first order of a lane has to wait.
  func holder(of order: WaitingOrder) -> ForwardUnit? {
    guard !order.isCancellation, lines[order.key] == nil else { return nil }
    return unitsByCode[order.code]?.first(where: \.holdsLanes)
  }

  /// The lane whose time comes next, of those that don't wait for a unit.
  func nextLane() -> (lane: Int, due: Int64)? {
    guard units.values.contains(where: \.holdsLanes) else { return layouts[0].next(settings) }
    return layouts[0].next(settings) { holder(of: $0) != nil }
  }
}
