internal import Store

// The rows of what units consume.
extension StoredIntake {
  /// When a batch has something to do, in the lanes, with deliveries whose time is over, or for what is no
  /// longer kept; boot time, µs, `max` for never.
  var due: Int64 {
    intake.units.values.reduce(min(intake.due ?? .max, pruning)) { due, unit in
      min(due, unit.consumption.deadline ?? .max)
    }
  }

  /// The same with what is done for consumers after a commit. Before it, that would stay due however
  /// often it is looked at.
  var dueAfterCommit: Int64 {
    intake.units.values.reduce(due) { min($0, $1.consumption.due ?? .max) }
  }

  /// The settings of a unit, and whether it is paused.
  func writeConsumption(of unit: ForwardUnit, _ batch: Batch) {
    let settings = unit.consumption.settings
    batch.write(ConsumptionStatements.put) { row in
      row.bind(intake.business)
      row.bind(unit.id)
      row.bind(settings.ackDeadline)
      row.bind(settings.attempts)
      row.bind(settings.policy.rawValue)
      row.bind(settings.breakerFailures)
      row.bind(unit.consumption.pause?.since ?? 0)
      row.bind(unit.consumption.pause?.reason ?? "")
      row.bind(unit.consumption.pause?.principal ?? "")
      row.bind(settings.queueBound)
      row.bind(settings.overflow.rawValue)
    }
  }

  /// What has failed, and what is dead, since the last commit.
  func writeFailures(of unit: ForwardUnit, _ batch: Batch) {
    for sequence in unit.consumption.changedFailures.sorted() {
      guard let failures = unit.consumption.failures[sequence] else {
        delete(ConsumptionStatements.deleteFailure, sequence, of: unit, batch)
        continue
      }
      batch.write(ConsumptionStatements.putFailure) { row in
        row.bind(intake.business)
        row.bind(unit.id)
        row.bind(sequence)
        row.bind(failures.count)
        row.bind(failures.due)
        row.bind(failures.reason)
      }
    }
    for (sequence, letter) in unit.consumption.changedDead.sorted(by: { $0.key < $1.key }) {
      guard let letter else {
        delete(ConsumptionStatements.deleteDead, sequence, of: unit, batch)
        continue
      }
      batch.write(ConsumptionStatements.putDead) { row in
        row.bind(intake.business)
        row.bind(unit.id)
        row.bind(sequence)
        row.bind(letter.since)
        row.bind(letter.failures)
        row.bind(letter.reason)
        row.bind(letter.consumer)
      }
    }
  }

  private func delete(
    _ statement: Statement, _ sequence: Int64, of unit: ForwardUnit, _ batch: Batch
  ) {
    batch.write(statement) { row in
      row.bind(intake.business)
      row.bind(unit.id)
      row.bind(sequence)
    }
  }
}
