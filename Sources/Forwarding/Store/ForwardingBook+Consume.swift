internal import Numbers
internal import Store

extension ForwardingBook {
  /// A unit, and what it is part of; to be changed.
  func unit(
    _ name: String, of business: String, field: String, businessField: String = "business",
    _ batch: Batch
  ) throws(ForwardingFailure) -> (StoredIntake, ForwardUnit) {
    let stored = try intake(business, field: businessField, batch)
    guard let unit = stored.intake.units[ExactText(name)] else {
      throw .refused(.unitNotFound(field: field))
    }
    return (stored, unit)
  }

  /// A consumer begins; its number. One of the same name goes.
  func attach(
    _ business: String, unit name: String, consumer: String, credits: Int,
    _ outbox: ConsumerOutbox, _ batch: Batch
  ) throws(ForwardingFailure) -> (id: Int64, ConsumptionSettings) {
    let (stored, unit) = try unit(
      name, of: business, field: "attach.unit", businessField: "attach.business", batch)
    let consumption = unit.consumption
    let staying = consumption.consumers.filter { !consumption.leaving.contains($0.id) }
    if let before = staying.first(where: { $0.name == consumer }) {
      leave(before.id, of: unit, stored, .replaced, isLost: true, batch)
    } else if let place = consumption.joining.firstIndex(where: { $0.name == consumer }) {
      let before = consumption.joining.remove(at: place)
      stored.intake.note { consumption.joining.insert(before, at: place) }
      desk.end(before.id, .replaced, batch)
    } else {
      let limit = ForwardingLimits.consumersPerUnit
      guard staying.count + consumption.joining.count < limit else {
        throw .refused(.consumption(.consumersExhausted(limit: limit)))
      }
    }
    guard desk.count < ForwardingLimits.consumers else {
      throw .refused(.consumption(.consumersExhausted(limit: ForwardingLimits.consumers)))
    }
    let id = desk.join(outbox, batch)
    consumption.joining.append(Consumption.Consumer(id: id, name: consumer, credits: credits))
    stored.intake.note { consumption.joining.removeAll { $0.id == id } }
    return (id, consumption.settings)
  }

  /// A consumer's stream has ended.
  func leave(
    _ business: String, unit name: String, _ id: Int64, isLost: Bool, _ batch: Batch
  ) {
    guard let stored = intakes[ExactText(business)],
      let unit = stored.intake.units[ExactText(name)]
    else { return }
    let isThere =
      unit.consumption.consumers.contains { $0.id == id } && !unit.consumption.leaving.contains(id)
    guard isThere, let stored = try? intake(business, batch) else { return }
    leave(id, of: unit, stored, .left, isLost: isLost, batch)
  }

  private func leave(
    _ id: Int64, of unit: ForwardUnit, _ stored: StoredIntake, _ end: ConsumerOutbox.End,
    isLost: Bool, _ batch: Batch
  ) {
    stored.intake.leave(
      id, of: unit, isLost: isLost, at: batch.boot.microseconds, wall: batch.now.microseconds)
    desk.end(id, end, batch)
  }

  /// A unit is deleted with its consumers.
  func sendAway(_ unit: ForwardUnit, _ batch: Batch) {
    for consumer in unit.consumption.consumers + unit.consumption.joining {
      desk.end(consumer.id, .unitDeleted, batch)
    }
  }

  /// Timed work for consumers: deliveries whose time is over, consumers that are gone without a word.
  func expire(_ stored: StoredIntake, _ batch: Batch) -> Int {
    let now = batch.boot.microseconds
    var looked = 0
    for unit in stored.intake.units.values where !unit.consumption.consumers.isEmpty {
      for consumer in unit.consumption.consumers
      where desk.isOver(consumer.id) && !unit.consumption.leaving.contains(consumer.id) {
        leave(consumer.id, of: unit, stored, .left, isLost: true, batch)
      }
      looked += stored.intake.expire(unit, at: now, wall: batch.now.microseconds)
    }
    return looked
  }

  /// Another number of credits.
  func setCredits(
    _ credits: Int, of id: Int64, _ business: String, unit name: String, _ batch: Batch
  ) throws(ForwardingFailure) {
    let (_, unit) = try unit(
      name, of: business, field: "attach.unit", businessField: "attach.business", batch)
    // Not taken back with a batch: it changes nothing that anybody was promised.
    if let place = unit.consumption.consumers.firstIndex(where: { $0.id == id }) {
      unit.consumption.consumers[place].credits = credits
    } else if let place = unit.consumption.joining.firstIndex(where: { $0.id == id }) {
      unit.consumption.joining[place].credits = credits
    }
  }
}

/// What became of deliveries, with times in µs.
struct GivenSettlement: Sendable {
  struct Nack: Sendable {
    var token: Int64
    var delay: Int64
    var reason: String
  }

  struct Extension: Sendable {
    var token: Int64
    var duration: Int64
  }

  var acks: [Int64]
  var nacks: [Nack]
  var extensions: [Extension]

  var count: Int { acks.count + nacks.count + extensions.count }
}

extension ForwardingBook {
  /// Settles deliveries of one consumer, each by itself; the tokens that are stale.
  func settle(
    _ settlement: GivenSettlement, of consumer: Int64, _ business: String, unit name: String,
    _ batch: Batch
  ) throws(ForwardingFailure) -> [Int64] {
    let (stored, unit) = try unit(
      name, of: business, field: "attach.unit", businessField: "attach.business", batch)
    let intake = stored.intake
    let (now, wall) = (batch.boot.microseconds, batch.now.microseconds)
    var stale: [Int64] = []
    func find(_ token: Int64) -> Consumption.Delivery? {
      guard let delivery = try? intake.delivery(token, of: unit), delivery.consumer == consumer
      else {
        stale.append(token)
        return nil
      }
      return delivery
    }
    for token in settlement.acks {
      if let delivery = find(token) { intake.acknowledge(delivery, of: unit) }
    }
    for nack in settlement.nacks {
      guard let delivery = find(nack.token) else { continue }
      intake.fail(
        delivery, of: unit, reason: nack.reason, due: now + nack.delay, at: now, wall: wall)
    }
    for one in settlement.extensions {
      guard let delivery = find(one.token) else { continue }
      intake.extend(delivery, of: unit, until: now + one.duration)
    }
    try tellBound(of: stored, batch)
    return stale
  }
}
