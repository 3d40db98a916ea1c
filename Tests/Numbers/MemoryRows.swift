@testable import Numbers

/// Keeps of the rows what the book asks for again, and counts the others.
final class MemoryRows: NumberRows {
  var locks = LockRows()
  var ended: [NumberKey: EndedNumber] = [:]
  var leases: Set<Int64> = []
  private(set) var ranges = 0
  private(set) var lapsed = 0

  func insertPool(_ pool: Pool) {}
  func updatePool(_ pool: Pool) {}
  func insertEdition(_ edition: Edition, of pool: Pool) {}
  var stops: Set<String> = []

  func insertStop(_ cause: StopCause, of target: PoolSwitch, pool: Int64) {
    precondition(stops.insert("\(pool) \(target) \(cause.warning)").inserted)
  }

  func deleteStop(warning: String, of target: PoolSwitch, pool: Int64) {
    precondition(stops.remove("\(pool) \(target) \(warning)") != nil)
  }

  private(set) var changes: [PoolChange] = []

  func insertChange(_ change: PoolChange, pool: Int64) { changes.append(change) }
  func deleteChange(_ sequence: Int64, pool: Int64) {
    precondition(changes.contains { $0.sequence == sequence })
    changes.removeAll { $0.sequence == sequence }
  }
  func changes(of pool: Int64, before sequence: Int64, count: Int) -> [PoolChange] {
    Array(changes.filter { $0.sequence < sequence }.reversed().prefix(count))
  }

  func putQuota(_ quota: QuotaTable.Quota, pool: Int64) {}
  func deleteQuota(of owner: Caller, pool: Int64) {}

  func insertRange(_ range: StockRange, of series: Series, in pool: Pool) { ranges += 1 }
  func lapseRange(_ range: StockRange, of series: Series, in pool: Pool, event: Int64) {
    lapsed += 1
  }

  func insertLock(_ key: NumberKey, _ lock: Lock, caller: Caller, lease: Lease?) {
    precondition(key.serial == lock.last)
    locks.insert(key, count: lock.count)
    for serial in lock.first...lock.last { precondition(ended[key.with(serial)] == nil) }
  }

  func shortenLock(_ key: NumberKey, to count: Int64) { locks.shorten(key, to: count) }
  func deleteLock(_ key: NumberKey) { locks.delete(key) }
  func insertCompleted(_ key: NumberKey, _ ended: EndedNumber, count: Int64) {
    for offset in 0..<count {
      var number = ended
      number.event -= offset
      insert(key.with(key.serial - offset), number)
    }
  }

  func insertReturned(_ key: NumberKey, _ ended: EndedNumber, returned: Int64, place: Int64) {
    insert(key, ended)
  }

  private func insert(_ key: NumberKey, _ number: EndedNumber) {
    precondition(ended.updateValue(number, forKey: key) == nil)
  }

  func retireReturned(_ key: NumberKey, event: Int64) { precondition(ended[key] != nil) }
  func deleteReturned(_ key: NumberKey) { precondition(ended.removeValue(forKey: key) != nil) }
  func putLease(_ lease: Lease, pool: Int64, caller: Caller) { leases.insert(lease.id) }
  func deleteLease(pool: Int64, id: Int64) { precondition(leases.remove(id) != nil) }
  var skipped: [NumberKey: SkippedRun] = [:]
  var series: [NumberKey: ImportPlan.PlannedSeries] = [:]

  private func key(_ series: Series, in pool: Pool, _ serial: Int64) -> NumberKey {
    NumberKey(pool: pool.id, edition: series.edition, period: series.period, serial: serial)
  }

  func insertSkipped(_ run: SkippedRun, of series: Series, in pool: Pool) {
    precondition(skipped.updateValue(run, forKey: key(series, in: pool, run.first)) == nil)
  }

  func deleteSkipped(_ run: SkippedRun, of series: Series, in pool: Pool) {
    precondition(skipped.removeValue(forKey: key(series, in: pool, run.first)) != nil)
  }

  func skippedRun(around key: NumberKey) -> SkippedRun? {
    skipped.first { entry in
      var name = entry.key
      name.serial = key.serial
      return name == key && (entry.value.first...entry.value.last).contains(key.serial)
    }?.value
  }

  func series(of key: NumberKey) -> ImportPlan.PlannedSeries? {
    series[NumberKey(pool: key.pool, edition: key.edition, period: key.period, serial: 0)]
  }

  func insertMark(_ unit: SeriesUnit, _ bucket: Int64, of pool: Pool) {}
  func endedNumber(_ key: NumberKey) -> EndedNumber? { ended[key] }
}

/// The rows of locks.
struct LockRows {
  /// The live numbers.
  private(set) var numbers: Set<NumberKey> = []
  /// How many numbers a row is of, by its last.
  private(set) var runs: [NumberKey: Int64] = [:]

  mutating func insert(_ key: NumberKey, count: Int64) {
    precondition(runs.updateValue(count, forKey: key) == nil)
    for offset in 0..<count {
      precondition(numbers.insert(key.with(key.serial - offset)).inserted)
    }
  }

  mutating func shorten(_ key: NumberKey, to count: Int64) {
    let before = runs.updateValue(count, forKey: key) ?? 0
    precondition((1..<before).contains(count))
    for offset in count..<before { numbers.remove(key.with(key.serial - offset)) }
  }

  mutating func delete(_ key: NumberKey) {
    guard let count = runs.removeValue(forKey: key) else { preconditionFailure("no such row") }
    for offset in 0..<count { numbers.remove(key.with(key.serial - offset)) }
  }
}

extension NumberKey {
  fileprivate func with(_ serial: Int64) -> NumberKey {
    NumberKey(pool: pool, edition: edition, period: period, serial: serial)
  }
}
