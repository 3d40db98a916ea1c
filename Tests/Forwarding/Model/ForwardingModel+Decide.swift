@testable import Forwarding

// What commands are answered, and what they change at once.
extension ForwardingModel {
  /// `given` is the answer of the server, for what is its choice: the number of a consumer.
  mutating func decide(
    _ call: ForwardingCall, at now: Int64, given: ForwardingAnswer
  ) -> ForwardingAnswer {
    do throws(ForwardingRefusal) {
      switch call {
      case .submit(let orders): return .submitted(try submit(orders, at: now))
      case .cancel(let order, let reason): return try cancel(order.cancellation(reason), at: now)
      case .good(let good): goods.insert(good)
      case .intake(let changed):
        // How many changes of lanes are under way is the server's own.
        if given == .refused(.lanesChanging), changed.lanes != settings.lanes { return given }
        settings = changed
      case .unit(let name, let codes, let settings): return put(name, codes, settings)
      case .delete(let name, let force): return try delete(name, force: force)
      case .pause(let name): try change(name, "name") { $0.isPaused = true }
      case .resume(let name):
        try change(name, "name") {
          $0.isPaused = false
          $0.closeBreaker()
        }
      case .attach(let unit, let name, let credits, _):
        return try attach(unit, name, credits, at: now, given: given)
      case .leave(let unit, let id, let isLost): leave(unit, id, isLost: isLost, at: now)
      case .credits(let unit, let id, let credits):
        try change(unit, "attach.unit") { unit in
          for place in unit.consumers.indices where unit.consumers[place].id == id {
            unit.consumers[place].credits = credits
          }
        }
      case .settle(let unit, let id, let settlement):
        return .stale(try settle(unit, id, settlement, at: now))
      case .redrive(let unit, let sequences):
        return .left(try operate(on: sequences, at: unit, .queued))
      case .purge(let unit, let sequences):
        return .left(try operate(on: sequences, at: unit, .done))
      }
      return .done
    } catch {
      return .refused(error)
    }
  }

  private mutating func change(
    _ name: String, _ field: String, _ body: (inout Unit) -> Void
  ) throws(ForwardingRefusal) {
    guard var unit = units[name] else { throw .unitNotFound(field: field) }
    body(&unit)
    units[name] = unit
  }

  // MARK: - Orders

  private mutating func submit(
    _ given: [ModelOrder], at now: Int64
  ) throws(ForwardingRefusal) -> [Submitted] {
    let before = self
    var answers: [Submitted] = []
    for (place, order) in given.enumerated() {
      if let known = find(order) {
        guard known.hasSameContent(as: order) else {
          self = before
          throw .orderChanged(field: "orders[\(place)]", sequence: known.sequence)
        }
        answers.append(.duplicate(known.sequence))
      } else {
        answers.append(.taken(take(order, at: now)))
      }
    }
    return answers
  }

  private mutating func cancel(
    _ order: ModelOrder, at now: Int64
  ) throws(ForwardingRefusal) -> ForwardingAnswer {
    guard let known = find(order) else { return .submitted([.taken(take(order, at: now))]) }
    guard known.text == order.text else { throw .cancelledDifferently(sequence: known.sequence) }
    return .submitted([.duplicate(known.sequence)])
  }

  private mutating func take(_ order: ModelOrder, at now: Int64) -> Int64 {
    var order = order
    order.sequence = Int64(orders.count + 1)
    order.since = now
    order.isLacking = !goods.isSuperset(of: order.goods)
    let waits = orders.contains { $0.key == order.key && $0.place.isBeforeLanes }
    order.place = waits ? .behind : order.isLacking ? .awaiting : .lane
    orders.append(order)
    return order.sequence
  }

  // MARK: - Units

  private mutating func put(
    _ name: String, _ codes: [ExactText], _ settings: ConsumptionSettings?
  ) -> ForwardingAnswer {
    var unit = units[name] ?? Unit(codes: [])
    if units[name] == nil || unit.codes != codes { rulesVersion += 1 }
    unit.codes = codes
    unit.settings = settings ?? unit.settings
    if unit.settings.breakerFailures == 0 { unit.closeBreaker() }
    units[name] = unit
    return .version(rulesVersion)
  }

  private mutating func delete(
    _ name: String, force: Bool
  ) throws(ForwardingRefusal) -> ForwardingAnswer {
    guard let unit = units[name] else { throw .unitNotFound(field: "name") }
    let depth = unit.sequences(.queued).count
    guard force || depth == 0 else { throw .unitNotEmpty(depth: depth) }
    units[name] = nil
    rulesVersion += 1
    return .deleted(depth, version: rulesVersion)
  }

  /// An operator queues dead letters again, or gives them up; how many are left.
  private mutating func operate(
    on sequences: [Int64], at name: String, _ place: UnitPlace
  ) throws(ForwardingRefusal) -> Int {
    guard var unit = units[name] else { throw .unitNotFound(field: "unit") }
    for (index, sequence) in sequences.enumerated() where unit.places[sequence] != .dead {
      throw .consumption(.deadLetterNotFound(field: "sequences[\(index)]"))
    }
    for sequence in sequences {
      unit.places[sequence] = place
      unit.losses[sequence] = nil
      unit.streak.removeAll { $0.sequence == sequence }
    }
    units[name] = unit
    return unit.sequences(.dead).count
  }
}

extension OrderPlace {
  /// It waits for goods, or behind one that does.
  var isBeforeLanes: Bool { self == .awaiting || self == .behind }
  /// It waits for a unit, or behind one that does.
  var isInLine: Bool { self == .quarantined || self == .held }
}
