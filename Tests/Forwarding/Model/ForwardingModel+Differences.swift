@testable import Forwarding

// The comparison, behind everything that was due.
extension ForwardingModel {
  func differences(from seen: ForwardingSeen) -> [String] {
    var found: [String] = []
    func check<Value: Equatable>(_ what: String, _ value: Value, _ expected: Value) {
      if value != expected { found.append("\(what): \(value), expected \(expected)") }
    }
    check("the settings", seen.settings, settings)
    check("the version of the rules", seen.rulesVersion, rulesVersion)
    check("how many orders there are", seen.places.count, orders.count)
    for (place, order) in zip(seen.places, orders) {
      check("order \(order.sequence)", place, order.place)
    }
    for place in OrderPlace.allCases where place != .none {
      check(
        "orders at \(place)", seen.counts[Int(place.rawValue)],
        orders.count { $0.place == place })
    }
    check("the units", seen.units.keys.sorted(), units.keys.sorted())
    for (name, unit) in units {
      if let shown = seen.units[name] { found += unit.differences(from: shown, name) }
    }
    return found
  }

  /// Takes over what was handed out; says what mustn't have been. What is new, by consumers.
  mutating func follow(
    _ seen: ForwardingSeen
  ) -> (found: [String], handed: [Int64: Set<Int64>]) {
    var found: [String] = []
    var fresh: [Int64: Set<Int64>] = [:]
    for (name, shown) in seen.units {
      guard var unit = units[name] else { continue }
      let gone = Set(unit.inHand.keys).subtracting(shown.deliveries.map(\.token))
      for token in gone.sorted() {
        found.append("\(name) doesn't know that \(String(describing: unit.inHand[token])) is out")
      }
      for delivery in shown.deliveries where unit.inHand[delivery.token] == nil {
        found += unit.problems(with: delivery, orders, at: seen.now).map {
          "\(name), order \(delivery.sequence): \($0)"
        }
        if !tokens.insert(delivery.token).inserted {
          found.append("the token \(delivery.token) was given twice")
        }
        unit.inHand[delivery.token] = Delivery(
          sequence: delivery.sequence, consumer: delivery.consumer, deadline: delivery.deadline,
          isAlone: delivery.isAlone)
        handed[name, default: []].append((delivery.token, delivery.consumer))
        fresh[delivery.consumer, default: []].insert(delivery.token)
      }
      found += unit.idleness(orders, at: seen.now).map { "\(name): \($0)" }
      units[name] = unit
    }
    return (found, fresh)
  }
}

extension ForwardingModel.Unit {
  fileprivate func differences(from shown: ForwardingSeen.Unit, _ name: String) -> [String] {
    var found: [String] = []
    func check<Value: Equatable>(_ what: String, _ value: Value, _ expected: Value) {
      if value != expected { found.append("\(name), \(what): \(value), expected \(expected)") }
    }
    check("codes", shown.codes, codes)
    check("settings", shown.settings, settings)
    check("paused", shown.isPaused, isPaused)
    check("breaker closed", shown.isClosed, isClosed)
    for sequence in Set(shown.places.keys).union(places.keys).sorted() {
      check("order \(sequence)", shown.places[sequence] ?? .none, places[sequence] ?? .none)
    }
    check("depth", shown.depth, sequences(.queued).count)
    check("dead letters", shown.dead, sequences(.dead).count)
    check(
      "failures",
      shown.failures.mapValues { ForwardingModel.Failures(count: $0.count, due: $0.due) }, failures)
    check("consumers", shown.consumers.map(\.id), consumers.map(\.id))
    for (consumer, mine) in zip(shown.consumers, consumers) {
      check("credits of \(mine.name)", consumer.credits, mine.credits)
      check("in the hands of \(mine.name)", consumer.inHand, inHand(of: mine.id))
    }
    return found
  }

  func inHand(of consumer: Int64) -> Int { inHand.values.count { $0.consumer == consumer } }

  /// The first order of each key that is in the queue, but for keys that wait for dead letters.
  private func firsts(_ orders: [ModelOrder]) -> [String: Int64] {
    var firsts: [String: Int64] = [:]
    for order in orders where places[order.sequence] == .queued {
      firsts[order.key] = firsts[order.key] ?? order.sequence
    }
    guard settings.policy == .keyWaits else { return firsts }
    for order in orders where places[order.sequence] == .dead { firsts[order.key] = nil }
    return firsts
  }

  private func keysInHand(_ orders: [ModelOrder]) -> Set<String> {
    Set(inHand.values.map { orders[Int($0.sequence - 1)].key })
  }

  /// What is wrong with handing an order out; `self` is as before it.
  fileprivate func problems(
    with delivery: Consumption.Delivery, _ orders: [ModelOrder], at now: Int64
  ) -> [String] {
    var found: [String] = []
    func check(_ isRight: Bool, _ problem: String) {
      if !isRight { found.append(problem) }
    }
    let sequence = delivery.sequence
    guard orders.indices.contains(Int(sequence - 1)) else { return ["nobody gave it in"] }
    let key = orders[Int(sequence - 1)].key
    let consumer = consumers.first { $0.id == delivery.consumer }
    let others = inHand(of: delivery.consumer)
    check(!isPaused, "handed out by a unit that is paused")
    check(firsts(orders)[key] == sequence, "handed out before its turn")
    check(!keysInHand(orders).contains(key), "handed out while another of its key is")
    check(failures[sequence]?.due ?? 0 <= now, "handed out before its delay is over")
    check(others < consumer?.credits ?? 0, "handed out beyond the credits, or to nobody")
    check(isClosed || inHand.isEmpty, "handed out while the unit is down")
    let lost = losses[sequence] ?? 0
    check(delivery.losses == lost, "lost \(delivery.losses) times, expected \(lost)")
    check(delivery.isAlone == (lost >= 2), "alone: \(delivery.isAlone), lost \(lost) times")
    check(!delivery.isAlone || others == 0, "not alone")
    check(delivery.attempt == (failures[sequence]?.count ?? 0) + 1, "attempt \(delivery.attempt)")
    check(delivery.deadline == now + settings.ackDeadline, "due at \(delivery.deadline)")
    return found
  }

  /// What should have been handed out. Where a suspect waits for a consumer, others may, too.
  fileprivate func idleness(_ orders: [ModelOrder], at now: Int64) -> [String] {
    guard !isPaused, isClosed else { return [] }
    let isFree = consumers.contains { consumer in
      inHand(of: consumer.id) < consumer.credits
        && !inHand.values.contains { $0.consumer == consumer.id && $0.isAlone }
    }
    guard isFree else { return [] }
    let busy = keysInHand(orders)
    let ready = firsts(orders).filter { key, sequence in
      !busy.contains(key) && failures[sequence]?.due ?? 0 <= now
    }.values
    if ready.contains(where: { losses[$0] ?? 0 >= 2 }) { return [] }
    return ready.sorted().map { "order \($0) isn't handed out" }
  }
}
