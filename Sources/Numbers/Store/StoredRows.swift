internal import Store

/// Writes the book's rows with a batch of the store.
final class StoredRows: NumberRows {
  let batch: Batch
  /// Why a question to the store wasn't answered. Whoever asks has changed nothing yet.
  private(set) var failure: StoreError?

  init(_ batch: Batch) {
    self.batch = batch
  }

  /// For another call.
  func begin() { failure = nil }

  func insertPool(_ pool: Pool) {
    batch.write(NumberStatements.insertPool) { row in
      row.bind(pool.id)
      row.bind(pool.business)
      row.bind(pool.created)
      bindSettings(of: pool, &row)
    }
    NumberFeed.setRetention(of: pool, batch)
  }

  func updatePool(_ pool: Pool) {
    batch.write(NumberStatements.updatePool) { row in
      row.bind(pool.id)
      bindSettings(of: pool, &row)
    }
    NumberFeed.setRetention(of: pool, batch)
  }

  private func bindSettings(of pool: Pool, _ row: inout Row) {
    let settings = pool.settings
    row.bind(pool.updated)
    row.bind(settings.lowWatermark)
    row.bind(settings.highWatermark)
    row.bind(settings.generationBatch)
    row.bind(settings.maxAge)
    row.bind(Int64(settings.reuse.rawValue))
    row.bind(settings.quarantine)
    row.bind(Int64(settings.leaseMode.rawValue))
    row.bind(settings.minLease)
    row.bind(settings.maxLease)
    row.bind(settings.defaultLease)
    row.bind(settings.holderQuota)
    row.bind(settings.historyRetention)
  }

  func insertEdition(_ edition: Edition, of pool: Pool) {
    batch.write(NumberStatements.insertEdition) { row in
      row.bind(pool.id)
      row.bind(Int64(edition.index))
      row.bind(edition.form.template.text)
      row.bind(edition.form.zone.name)
      row.bind(Int64(edition.form.period.rawValue))
      row.bind(edition.form.firstSerial)
      let key = edition.form.permutation?.key
      row.bind(key.map { Int64(bitPattern: $0.word0) })
      row.bind(key.map { Int64(bitPattern: $0.word1) })
    }
  }

  func insertStop(_ cause: StopCause, of target: PoolSwitch, pool: Int64) {
    batch.write(NumberStatements.insertStop) { row in
      row.bind(pool)
      row.bind(Int64(target.rawValue))
      row.bind(cause.warning)
      row.bind(cause.principal)
      row.bind(cause.reason)
      row.bind(cause.time)
    }
  }

  func deleteStop(warning: String, of target: PoolSwitch, pool: Int64) {
    batch.write(NumberStatements.deleteStop) { row in
      row.bind(pool)
      row.bind(Int64(target.rawValue))
      row.bind(warning)
    }
  }

  func insertChange(_ change: PoolChange, pool: Int64) {
    batch.write(NumberStatements.insertChange) { row in
      row.bind(pool)
      row.bind(change.sequence)
      row.bind(Int64(change.kind.rawValue))
      row.bind(change.time)
      row.bind(change.principal)
      row.bind(change.warning)
      row.bind(change.detail)
      row.bind(change.reason)
    }
  }

  func deleteChange(_ sequence: Int64, pool: Int64) {
    batch.write(NumberStatements.deleteChange) { row in
      row.bind(pool)
      row.bind(sequence)
    }
  }

  func changes(of pool: Int64, before sequence: Int64, count: Int) -> [PoolChange] {
    var found: [PoolChange] = []
    do throws(StoreError) {
      try batch.query(
        NumberStatements.changes,
        bind: { row in
          row.bind(pool)
          row.bind(sequence)
          row.bind(Int64(count))
        }
      ) { row in
        guard let kind = PoolChange.Kind(rawValue: Int32(truncatingIfNeeded: row.integer(1))) else {
          return
        }
        found.append(
          PoolChange(
            sequence: row.integer(0), kind: kind, time: row.integer(2), principal: row.text(3),
            warning: row.text(4), detail: row.text(5), reason: row.text(6)))
      }
    } catch {
      failure = error
    }
    return found
  }

  func putQuota(_ quota: QuotaTable.Quota, pool: Int64) {
    batch.write(NumberStatements.putQuota) { row in
      row.bind(pool)
      row.bind(quota.owner.principal)
      row.bind(quota.owner.holder)
      row.bind(quota.limit)
    }
  }

  func deleteQuota(of owner: Caller, pool: Int64) {
    batch.write(NumberStatements.deleteQuota) { row in
      row.bind(pool)
      row.bind(owner.principal)
      row.bind(owner.holder)
    }
  }

  func insertRange(_ range: StockRange, of series: Series, in pool: Pool) {
    batch.write(NumberStatements.insertRange) { row in
      bind(range, series, pool, &row)
      row.bind(range.next)
      row.bind(range.last)
      row.bind(range.generated)
      row.bind(range.event)
    }
  }

  func lapseRange(_ range: StockRange, of series: Series, in pool: Pool, event: Int64) {
    batch.write(NumberStatements.lapseRange) { row in
      bind(range, series, pool, &row)
      row.bind(range.next)
      row.bind(event)
    }
  }

  private func bind(_ range: StockRange, _ series: Series, _ pool: Pool, _ row: inout Row) {
    row.bind(pool.id)
    row.bind(Int64(series.edition))
    row.bind(Int64(series.period))
    row.bind(range.first)
  }

  func insertLock(_ key: NumberKey, _ lock: Lock, caller: Caller, lease: Lease?) {
    batch.write(NumberStatements.insertLock) { row in
      bind(key, &row)
      row.bind(Int64(lock.generation))
      row.bind(lock.generated)
      row.bind(lock.allocated)
      row.bind(caller.holder)
      row.bind(caller.principal)
      row.bind(lease?.id ?? 0)
      row.bind(lease?.ttl ?? 0)
      row.bind(lease?.expires ?? 0)
      row.bind(lock.event)
      row.bind(lock.count)
    }
  }

  func shortenLock(_ key: NumberKey, to count: Int64) {
    batch.write(NumberStatements.shortenLock) { row in
      bind(key, &row)
      row.bind(count)
    }
  }

  func deleteLock(_ key: NumberKey) { write(NumberStatements.deleteLock, key) }

  func insertCompleted(_ key: NumberKey, _ ended: EndedNumber, count: Int64) {
    guard case .completed(let currency, let minor) = ended.end else { return }
    batch.write(NumberStatements.insertCompleted) { row in
      bind(key, &row)
      row.bind(Int64(ended.generation))
      row.bind(ended.generated)
      row.bind(ended.allocated)
      row.bind(ended.ended)
      row.bind(ended.caller.holder)
      row.bind(ended.caller.principal)
      row.bind(ended.lease)
      row.bind(currency)
      row.bind(minor)
      row.bind(ended.event)
      row.bind(count)
    }
  }

  func insertReturned(_ key: NumberKey, _ ended: EndedNumber, returned: Int64, place: Int64) {
    guard case .returned(let cause, let isRetired, let reason) = ended.end else { return }
    batch.write(NumberStatements.insertReturned) { row in
      bind(key, &row)
      row.bind(Int64(ended.generation))
      row.bind(ended.generated)
      row.bind(ended.allocated)
      row.bind(ended.ended)
      row.bind(returned)
      row.bind(place)
      row.bind(Int64(cause.rawValue))
      row.bind(isRetired)
      row.bind(ended.caller.holder)
      row.bind(ended.caller.principal)
      row.bind(ended.lease)
      row.bind(reason)
      row.bind(ended.event)
    }
  }

  func retireReturned(_ key: NumberKey, event: Int64) {
    batch.write(NumberStatements.retireReturned) { row in
      bind(key, &row)
      row.bind(event)
    }
  }

  func deleteReturned(_ key: NumberKey) { write(NumberStatements.deleteReturned, key) }

  func putLease(_ lease: Lease, pool: Int64, caller: Caller) {
    batch.write(NumberStatements.putLease) { row in
      row.bind(pool)
      row.bind(lease.id)
      row.bind(caller.holder)
      row.bind(caller.principal)
      row.bind(lease.ttl)
      row.bind(lease.expires)
      row.bind(lease.isImplicit)
      row.bind(lease.event)
    }
  }

  func deleteLease(pool: Int64, id: Int64) {
    batch.write(NumberStatements.deleteLease) { row in
      row.bind(pool)
      row.bind(id)
    }
  }

  private func write(_ statement: Statement, _ key: NumberKey) {
    batch.write(statement) { bind(key, &$0) }
  }

  private func bind(_ key: NumberKey, _ row: inout Row) {
    row.bind(key.pool)
    row.bind(Int64(key.edition))
    row.bind(Int64(key.period))
    row.bind(key.serial)
  }

  func insertSkipped(_ run: SkippedRun, of series: Series, in pool: Pool) {
    batch.write(NumberStatements.insertSkipped) { row in
      bind(run, series, pool, &row)
      row.bind(run.last)
      row.bind(run.time)
    }
  }

  func deleteSkipped(_ run: SkippedRun, of series: Series, in pool: Pool) {
    batch.write(NumberStatements.deleteSkipped) { bind(run, series, pool, &$0) }
  }

  private func bind(_ run: SkippedRun, _ series: Series, _ pool: Pool, _ row: inout Row) {
    row.bind(pool.id)
    row.bind(Int64(series.edition))
    row.bind(Int64(series.period))
    row.bind(run.first)
  }

  func skippedRun(around key: NumberKey) -> SkippedRun? {
    var found: SkippedRun?
    do throws(StoreError) {
      try batch.query(NumberStatements.findSkipped, bind: { bind(key, &$0) }) { row in
        found = SkippedRun(first: row.integer(0), last: row.integer(1), time: row.integer(2))
      }
    } catch {
      failure = error
    }
    return found.flatMap { $0.last >= key.serial ? $0 : nil }
  }

  func series(of key: NumberKey) -> ImportPlan.PlannedSeries? {
    var found: ImportPlan.PlannedSeries?
    do throws(StoreError) {
      try batch.query(
        NumberStatements.findSeries,
        bind: { row in
          row.bind(key.pool)
          row.bind(Int64(key.edition))
          row.bind(Int64(key.period))
        }
      ) { row in
        found = ImportPlan.PlannedSeries(
          edition: key.edition, period: key.period, next: row.integer(0),
          counts: SeriesCounts(
            completed: row.integer(1), retired: row.integer(2), lapsed: row.integer(3),
            skipped: row.integer(4)))
      }
    } catch {
      failure = error
    }
    return found
  }

  func insertMark(_ unit: SeriesUnit, _ bucket: Int64, of pool: Pool) {
    let counters = pool.counters
    batch.write(HistoryStatements.insertMark) { row in
      row.bind(pool.id)
      row.bind(Int64(unit.rawValue))
      row.bind(bucket)
      row.bind(counters.generated)
      row.bind(counters.allocated)
      row.bind(counters.completed)
      row.bind(counters.released)
      row.bind(counters.expired)
      row.bind(counters.reused)
      row.bind(counters.lapsed)
      row.bind(counters.retired)
      row.bind(counters.imported)
    }
    for (currency, minor) in pool.amounts.sorted(by: { $0.key < $1.key }) {
      batch.write(HistoryStatements.insertMarkAmount) { row in
        row.bind(pool.id)
        row.bind(Int64(unit.rawValue))
        row.bind(bucket)
        row.bind(currency)
        row.bind(minor)
      }
    }
    for statement in [HistoryStatements.deleteMarks, HistoryStatements.deleteMarkAmounts] {
      batch.write(statement) { row in
        row.bind(pool.id)
        row.bind(Int64(unit.rawValue))
        row.bind(bucket - unit.kept)
      }
    }
  }

  func endedNumber(_ key: NumberKey) -> EndedNumber? {
    var found: EndedNumber?
    do throws(StoreError) {
      try batch.query(NumberStatements.findCompleted, bind: { bind(key, &$0) }) { row in
        let behind = row.integer(10) - key.serial
        guard behind < row.integer(11) else { return }
        var ended = EndedNumber(
          row, .completed(currency: row.text(7), amountMinor: row.integer(8)), event: 9)
        if ended.event != 0 { ended.event -= behind }
        found = ended
      }
      guard found == nil else { return found }
      try batch.query(NumberStatements.findReturned, bind: { bind(key, &$0) }) { row in
        let cause = ReturnCause(rawValue: Int32(truncatingIfNeeded: row.integer(7)))
        found = EndedNumber(
          row,
          .returned(cause ?? .released, isRetired: row.bool(8), reason: row.text(9)), event: 10)
      }
    } catch {
      failure = error
    }
    return found
  }
}

extension EndedNumber {
  /// The columns that completed and returned numbers have in common.
  fileprivate init(_ row: borrowing ResultRow, _ end: End, event column: Int) {
    self.init(
      generation: UInt32(truncatingIfNeeded: row.integer(0)),
      caller: Caller(principal: row.text(5), holder: row.text(4)), lease: row.integer(6),
      allocated: row.integer(2), generated: row.integer(1), ended: row.integer(3), end: end,
      event: row.integer(column))
  }
}
