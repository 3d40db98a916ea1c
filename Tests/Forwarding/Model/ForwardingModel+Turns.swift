@testable import Forwarding

// Orders on their way to units, by the rules of now.
extension ForwardingModel {
  /// Everything that is due is done. `seen` says who left the lanes; says what mustn't be.
  mutating func settle(by seen: ForwardingSeen) -> [String] {
    supply(at: seen.now)
    let found = leaveLanes(seen)
    for key in Set(orders.map(\.key)) { goOn(key) }
    expire(at: seen.now)
    return found
  }

  /// Lines that wait for goods, as far as these are there.
  private mutating func supply(at now: Int64) {
    for key in Set(orders.map(\.key)) {
      var isWaiting = false
      for place in orders.indices
      where orders[place].key == key && orders[place].place.isBeforeLanes {
        if isWaiting {
          orders[place].place = .behind
        } else if !orders[place].isLacking || goods.isSuperset(of: orders[place].goods) {
          orders[place].place = .lane
          orders[place].since = now
        } else if orders.contains(where: { $0.original == orders[place].sequence }) {
          orders[place].place = .withdrawn
        } else {
          orders[place].place = .awaiting
          isWaiting = true
        }
      }
    }
  }

  private mutating func leaveLanes(_ seen: ForwardingSeen) -> [String] {
    var found: [String] = []
    let inLanes = orders.filter { $0.place == .lane }
    var staying: Set<String> = []
    // Whatever is in front of one whose window is over has to go first, so its own may take longer.
    var areDue = true
    for order in inLanes {
      guard seen.places.indices.contains(Int(order.sequence - 1)) else { continue }
      areDue = areDue && order.since + settings.window <= seen.now
      if seen.places[Int(order.sequence - 1)] == .lane {
        staying.insert(order.key)
        if areDue { found.append("order \(order.sequence) should have left its lane") }
        continue
      }
      if staying.contains(order.key) {
        found.append("order \(order.sequence) left its lane before one of its key")
      }
      takeTurn(order)
    }
    return found
  }

  private mutating func takeTurn(_ order: ModelOrder) {
    if orders.contains(where: { $0.key == order.key && $0.place.isInLine }) {
      self[order.sequence].place = .held
    } else if !forward(order) {
      self[order.sequence].place = .quarantined
    }
  }

  private mutating func goOn(_ key: String) {
    var isWaiting = false
    for order in orders where order.key == key && order.place.isInLine {
      if isWaiting {
        self[order.sequence].place = .held
      } else if !forward(order) {
        self[order.sequence].place = .quarantined
        isWaiting = true
      }
    }
  }

  /// To all units at once; false if it matches none.
  private mutating func forward(_ order: ModelOrder) -> Bool {
    let targets = units.filter { _, unit in
      order.isCancellation
        ? unit.places[order.original] != nil : unit.codes.contains(order.code)
    }.keys
    guard order.isCancellation || !targets.isEmpty else { return false }
    self[order.sequence].place = .forwarded
    for name in targets { units[name]?.places[order.sequence] = .queued }
    return true
  }
}
