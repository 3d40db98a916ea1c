@testable import Forwarding

// What consumers do with what they have in hand.
extension ForwardingModel {
  mutating func attach(
    _ name: String, _ consumer: String, _ credits: Int, at now: Int64, given: ForwardingAnswer
  ) throws(ForwardingRefusal) -> ForwardingAnswer {
    guard let unit = units[name] else { throw .unitNotFound(field: "attach.unit") }
    if let before = unit.consumers.first(where: { $0.name == consumer }) {
      leave(name, before.id, isLost: true, at: now)
    }
    guard case .attached(let id) = given,
      !units.values.contains(where: { $0.consumers.contains { $0.id == id } })
    else { return .attached(0) }
    units[name]?.consumers.append(Consumer(id: id, name: consumer, credits: credits))
    return given
  }

  mutating func leave(_ name: String, _ id: Int64, isLost: Bool, at now: Int64) {
    guard var unit = units[name], unit.consumers.contains(where: { $0.id == id }) else { return }
    unit.consumers.removeAll { $0.id == id }
    for (token, delivery) in unit.inHand where delivery.consumer == id {
      unit.inHand[token] = nil
      guard isLost else { continue }
      unit.losses[delivery.sequence, default: 0] += 1
      if delivery.isAlone { unit.fail(delivery.sequence, due: now, at: now) }
    }
    units[name] = unit
  }

  /// The tokens that are stale.
  mutating func settle(
    _ name: String, _ id: Int64, _ settlement: GivenSettlement, at now: Int64
  ) throws(ForwardingRefusal) -> [Int64] {
    guard var unit = units[name] else { throw .unitNotFound(field: "attach.unit") }
    var stale: [Int64] = []
    func find(_ token: Int64) -> Delivery? {
      if let delivery = unit.inHand[token], delivery.consumer == id { return delivery }
      stale.append(token)
      return nil
    }
    for token in settlement.acks {
      guard let delivery = find(token) else { continue }
      unit.inHand[token] = nil
      unit.places[delivery.sequence] = .done
      unit.failures[delivery.sequence] = nil
      unit.losses[delivery.sequence] = nil
      unit.closeBreaker()
    }
    for nack in settlement.nacks {
      guard let delivery = find(nack.token) else { continue }
      unit.inHand[nack.token] = nil
      unit.fail(delivery.sequence, due: now + nack.delay, at: now)
    }
    for one in settlement.extensions where find(one.token) != nil {
      unit.inHand[one.token]?.deadline = now + one.duration
    }
    units[name] = unit
    return stale
  }

  /// What is in hand for too long has failed.
  mutating func expire(at now: Int64) {
    for name in units.keys {
      guard var unit = units[name] else { continue }
      for (token, delivery) in unit.inHand where delivery.deadline <= now {
        unit.inHand[token] = nil
        unit.fail(delivery.sequence, due: now, at: now)
      }
      units[name] = unit
    }
  }
}

extension ForwardingModel.Unit {
  /// An order failed. So many in a row are the unit's fault, and then none of them has.
  mutating func fail(_ sequence: Int64, due: Int64, at now: Int64) {
    let before = failures[sequence]
    let failed = ForwardingModel.Failed(
      sequence: sequence, before: before, due: due, losses: losses[sequence])
    guard isClosed else { return takeBack(failed, at: now) }
    if settings.breakerFailures > 0 {
      if let place = streak.firstIndex(where: { $0.sequence == sequence }) {
        streak[place].due = due
        streak[place].losses = losses[sequence]
      } else {
        streak.append(failed)
      }
      if streak.count >= Int(settings.breakerFailures) {
        for one in streak { takeBack(one, at: now) }
        streak = []
        isClosed = false
        return
      }
    }
    let count = (before?.count ?? 0) + 1
    if count >= settings.attempts {
      places[sequence] = .dead
      failures[sequence] = nil
      losses[sequence] = nil
    } else {
      failures[sequence] = ForwardingModel.Failures(count: count, due: due)
    }
  }

  mutating func closeBreaker() {
    isClosed = true
    streak = []
  }

  /// It wasn't the order's fault, and comes again no earlier than was asked.
  private mutating func takeBack(_ one: ForwardingModel.Failed, at now: Int64) {
    if places[one.sequence] == .dead {
      places[one.sequence] = .queued
      losses[one.sequence] = one.losses
    }
    failures[one.sequence] =
      one.due > now
      ? ForwardingModel.Failures(count: one.before?.count ?? 0, due: one.due) : one.before
  }
}
