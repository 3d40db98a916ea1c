internal import Store

extension ForwardingLoader {
  /// What units consume, into the units by business and number.
  func addConsumption(_ units: [ExactText: [Int32: ForwardUnit]]) throws(StoreError) {
    func find(_ row: borrowing ResultRow) throws(StoreError) -> Consumption {
      guard let unit = units[ExactText(row.text(0))]?[Int32(clamping: row.integer(1))] else {
        throw .corrupt("what a unit of \(row.text(0)) consumes has no unit")
      }
      return unit.consumption
    }
    try connection.query(ConsumptionStatements.all) { (row) throws(StoreError) in
      let consumption = try find(row)
      consumption.settings = ConsumptionSettings(
        ackDeadline: row.integer(2), attempts: Int32(clamping: row.integer(3)),
        policy: DeadLetterPolicy(rawValue: Int32(clamping: row.integer(4))) ?? .keyGoesOn,
        breakerFailures: Int32(clamping: row.integer(5)), queueBound: row.integer(9),
        overflow: OverflowPolicy(rawValue: Int32(clamping: row.integer(10))) ?? .queue)
      guard row.integer(6) != 0 else { return }
      consumption.pause = UnitPause(
        since: row.integer(6), reason: row.text(7), principal: row.text(8))
    }
    try connection.query(ConsumptionStatements.failures) { (row) throws(StoreError) in
      try find(row).failures[row.integer(2)] = OrderFailures(
        count: Int32(clamping: row.integer(3)), due: row.integer(4), reason: row.text(5))
    }
    try connection.query(ConsumptionStatements.editCounts) { (row) throws(StoreError) in
      try find(row).edits[row.integer(2)] = Int32(clamping: row.integer(3))
    }
  }
}
