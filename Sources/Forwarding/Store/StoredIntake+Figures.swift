internal import Store

/// A unit's queue, as it is.
struct UnitQueueFigures: Sendable {
  var name: String
  var depth: Int
  /// The sequence of the oldest order in it.
  var oldest: Int64?
  var rate: FlowHistory.Rate
  var beyondBound: Int
}

extension StoredIntake {
  /// The queues of the units, in the order of their names.
  func unitQueues(at boot: BootTime) -> [UnitQueueFigures] {
    let look = intake.look(at: boot.microseconds)
    return intake.units.values.sorted { $0.name < $1.name }.map { unit in
      let oldest = unit.queue.sequences(
        at: UnitPlace.queued.rawValue, after: 0, through: intake.nextSequence - 1, limit: 1)
      return UnitQueueFigures(
        name: unit.name, depth: unit.depth, oldest: oldest.first,
        rate: flow.rate(ofUnit: unit.id, look),
        beyondBound: unit.beyondBound)
    }
  }
}
