import Store

@testable import Forwarding

/// What a server shows once everything is done that was due.
struct ForwardingSeen: Sendable {
  struct Unit: Sendable {
    var codes: [ExactText]
    var settings: ConsumptionSettings
    var isPaused: Bool
    var isClosed: Bool
    /// By sequence, but for those that never came.
    var places: [Int64: UnitPlace]
    var depth: Int
    var dead: Int
    var failures: [Int64: OrderFailures]
    var deliveries: [Consumption.Delivery]
    var consumers: [Consumption.Consumer]
  }

  /// Boot time, µs.
  var now: Int64
  var settings: IntakeSettings
  var rulesVersion: Int64
  /// Of the orders in their sequence.
  var places: [OrderPlace]
  var counts: [Int]
  var units: [String: Unit]

  /// Nil while something is due.
  init?(_ book: ForwardingBook, _ batch: Batch) {
    if let wake = book.nextWake, wake <= batch.boot { return nil }
    guard let intake = book.intakes[ExactText(ForwardingCall.business)]?.intake else { return nil }
    now = batch.boot.microseconds
    settings = intake.settings
    rulesVersion = intake.rulesVersion
    let sequences = (1..<intake.nextSequence).map { $0 }
    places = sequences.map { intake.place(of: $0) }
    counts = OrderPlace.allCases.map { intake.count($0) }
    let all = intake.units.values.map { unit -> (String, Unit) in
      let consumption = unit.consumption
      var places: [Int64: UnitPlace] = [:]
      for sequence in sequences where unit.place(of: sequence) != .none {
        places[sequence] = unit.place(of: sequence)
      }
      let shown = Unit(
        codes: unit.codes, settings: consumption.settings,
        isPaused: consumption.pause != nil, isClosed: consumption.breaker.phase == .closed,
        places: places, depth: unit.depth, dead: consumption.dead, failures: consumption.failures,
        deliveries: consumption.deliveries.values.sorted { $0.token < $1.token },
        consumers: consumption.consumers)
      return (unit.name, shown)
    }
    units = Dictionary(uniqueKeysWithValues: all)
  }
}
