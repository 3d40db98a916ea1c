/// What the book needs of a store: to write rows with the transaction of the call, and to read
/// what became of a number that isn't live. In the server it is the store's batch, in tests a
/// dictionary.
protocol NumberRows: AnyObject {
  func insertPool(_ pool: Pool)
  func updatePool(_ pool: Pool)
  func insertEdition(_ edition: Edition, of pool: Pool)

  func insertStop(_ cause: StopCause, of target: PoolSwitch, pool: Int64)
  func deleteStop(warning: String, of target: PoolSwitch, pool: Int64)

  func insertChange(_ change: PoolChange, pool: Int64)
  func deleteChange(_ sequence: Int64, pool: Int64)
  /// Changes before one, the newest first.
  func changes(of pool: Int64, before sequence: Int64, count: Int) -> [PoolChange]

  /// Inserts or replaces the row of a quota.
  func putQuota(_ quota: QuotaTable.Quota, pool: Int64)
  func deleteQuota(of owner: Caller, pool: Int64)

  func insertRange(_ range: StockRange, of series: Series, in pool: Pool)
  /// What is left of the range will never be handed out.
  func lapseRange(_ range: StockRange, of series: Series, in pool: Pool, event: Int64)

  /// The row of a lock has the key of its last serial.
  func insertLock(_ key: NumberKey, _ lock: Lock, caller: Caller, lease: Lease?)
  /// Only the last `count` numbers of a lock are still live.
  func shortenLock(_ key: NumberKey, to count: Int64)
  func deleteLock(_ key: NumberKey)
  /// So many numbers, up to the one with the key, that were completed together; the event is of that
  /// one.
  func insertCompleted(_ key: NumberKey, _ ended: EndedNumber, count: Int64)
  /// `returned` is on the lease clock, µs; `place` counts up in the pool's line.
  func insertReturned(_ key: NumberKey, _ ended: EndedNumber, returned: Int64, place: Int64)
  func retireReturned(_ key: NumberKey, event: Int64)
  func deleteReturned(_ key: NumberKey)

  /// Inserts or replaces the row of a lease.
  func putLease(_ lease: Lease, pool: Int64, caller: Caller)
  func deleteLease(pool: Int64, id: Int64)

  /// Serials that an import passed over.
  func insertSkipped(_ run: SkippedRun, of series: Series, in pool: Pool)
  func deleteSkipped(_ run: SkippedRun, of series: Series, in pool: Pool)
  /// The run that a serial is part of, as it was before the call.
  func skippedRun(around key: NumberKey) -> SkippedRun?
  /// The series of a number, of a period so old that it isn't in memory.
  func series(of key: NumberKey) -> ImportPlan.PlannedSeries?
  /// What the pool has counted before this hour or day, the first in a while in which it counts.
  func insertMark(_ unit: SeriesUnit, _ bucket: Int64, of pool: Pool)

  func endedNumber(_ key: NumberKey) -> EndedNumber?
}
