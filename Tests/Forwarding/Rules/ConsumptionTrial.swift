@testable import Forwarding

/// A unit "u" with the code A, its consumers, and what they have in hand. Times are µs.
final class ConsumptionTrial {
  let intake: Intake
  let unit: ForwardUnit
  var now: Int64 = 1_000
  private var tokens = Consumption.Tokens(epoch: 1)
  /// All deliveries, in their order.
  private(set) var handed: [Consumption.Delivery] = []
  private var numbers = 0

  init(_ settings: ConsumptionSettings = ConsumptionSettings()) throws {
    intake = IntakeTrial(lanes: 2).intake
    try intake.put(unit: "u", codes: ["A"], at: 0)
    guard let unit = intake.units["u"] else { throw ForwardingRefusal.unitNotFound(field: "") }
    self.unit = unit
    unit.consumption.settings = settings
    intake.settle()
  }

  /// Orders with these keys, as far as the unit's queue.
  func submit(_ keys: String...) {
    for key in keys {
      numbers += 1
      _ = intake.submit(IntakeTrial.order("\(numbers)", key: key), at: now)
    }
    dispatch()
    commit()
  }

  func dispatch() {
    while let due = intake.due, due <= now { _ = intake.dispatch(at: now, limit: 100) }
  }

  func join(_ id: Int64, credits: Int = 10) {
    unit.consumption.joining.append(
      Consumption.Consumer(id: id, name: "c\(id)", credits: credits))
    commit()
  }

  func leave(_ id: Int64, isLost: Bool = false) {
    intake.leave(id, of: unit, isLost: isLost, at: now, wall: 7)
    commit()
  }

  /// What a commit brings about.
  func commit() {
    handed += unit.consumption.step(unit, of: intake, at: now, &tokens)
    intake.settle()
  }

  /// Lets time pass, and what is due happen.
  func pass(_ time: Int64) {
    now += time
    while let due = unit.consumption.due, due <= now {
      _ = intake.expire(unit, at: now, wall: 7)
      commit()
    }
  }

  /// What is in the hands of a consumer: sequences, in the order of their deliveries.
  func inHand(_ id: Int64) -> [Int64] { deliveries(of: id).map(\.sequence) }

  func deliveries(of id: Int64) -> [Consumption.Delivery] {
    unit.consumption.deliveries.values.filter { $0.consumer == id }.sorted { $0.token < $1.token }
  }

  private func delivery(_ sequence: Int64) throws -> Consumption.Delivery {
    guard let one = unit.consumption.deliveries.values.first(where: { $0.sequence == sequence })
    else { throw ForwardingRefusal.consumption(.deliveryStale) }
    return one
  }

  func acknowledge(_ sequences: Int64...) throws {
    for sequence in sequences { intake.acknowledge(try delivery(sequence), of: unit) }
    commit()
  }

  func fail(_ sequences: Int64..., delay: Int64 = 0) throws {
    for sequence in sequences {
      intake.fail(
        try delivery(sequence), of: unit, reason: "no", due: now + delay, at: now, wall: 7)
      commit()
    }
  }

  func places(_ sequences: ClosedRange<Int64>) -> [UnitPlace] {
    sequences.map { unit.place(of: $0) }
  }
}
