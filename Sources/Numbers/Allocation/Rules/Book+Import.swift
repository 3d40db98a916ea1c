extension Book {
  /// Takes all numbers of a call over or none.
  func importNumbers(
    _ command: ImportCommand, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> [ImportedNumber] {
    guard (1...Limits.numbersPerCall).contains(command.items.count) else {
      throw .numbersOutOfRange
    }
    let pool = try pool(of: command.business)
    var plan = ImportPlan(pool)
    for (place, item) in command.items.enumerated() {
      try plan.add(item, place: place, book: self, at: now, rows: rows)
    }
    guard pool.counters.live + plan.live <= limits.liveNumbersPerPool else {
      throw .liveNumbersExhausted(limit: limits.liveNumbersPerPool)
    }
    let lease = try resolve(command.lease, Caller(principal: "", holder: ""), in: pool)
    if case .new = lease {
      guard pool.leases.count + plan.holders.count <= limits.leasesPerPool else {
        throw .leasesExhausted(limit: limits.leasesPerPool)
      }
    }

    touch(pool, at: now, rows: rows)
    note(
      PoolChange(
        kind: .numbersImported, time: now.wall, principal: command.principal,
        detail: "\(plan.live) live, \(Int64(command.items.count) - plan.live) completed"),
      of: pool, rows: rows)
    for planned in plan.series { move(planned, in: pool, at: now, rows: rows) }
    var holds: [Caller: Hold] = [:]
    var answers: [ImportedNumber] = []
    answers.reserveCapacity(command.items.count)
    for (item, number) in zip(command.items, plan.numbers) {
      guard
        let series = edition(number.key, in: pool).series[number.key.period].flatMap({ series[$0] })
      else { continue }
      pool.counters.imported += 1
      if let end = item.end {
        take(number, item.caller, end, series, in: pool, at: now, rows: rows)
        answers.append(ImportedNumber(lease: 0, expireTime: nil))
        continue
      }
      let hold = holds[item.caller] ?? open(lease, item.caller, in: pool, at: now)
      holds[item.caller] = hold
      take(number, hold, series, in: pool, at: now, rows: rows)
      answers.append(ImportedNumber(lease: hold.leaseID, expireTime: hold.expireTime))
    }
    for hold in holds.values { callers.release(hold.caller) }
    return answers
  }

  private func edition(_ key: NumberKey, in pool: Pool) -> Edition {
    pool.editions[Int(key.edition)]
  }

  /// Moves a series past what is imported, and keeps account of what is passed over.
  private func move(
    _ planned: ImportPlan.PlannedSeries, in pool: Pool, at now: Moment, rows: any NumberRows
  ) {
    let series = open(planned, in: pool)
    touch(series)
    for (run, serials) in planned.taken {
      rows.deleteSkipped(run, of: series, in: pool)
      for rest in run.without(serials.sorted()) { rows.insertSkipped(rest, of: series, in: pool) }
      series.counts.skipped -= Int64(serials.count)
    }
    guard let last = planned.ahead.max() else { return }
    let passed = SkippedRun(first: series.next, last: last, time: now.wall)
    for run in passed.without(planned.ahead.sorted()) {
      rows.insertSkipped(run, of: series, in: pool)
      series.counts.skipped += run.last - run.first + 1
    }
    undoLog.append(.seriesAdvanced(series, next: series.next))
    series.next = last + 1
  }

  /// The series in memory. One that wasn't stays if the call is undone, as it is stored.
  private func open(_ planned: ImportPlan.PlannedSeries, in pool: Pool) -> Series {
    let edition = pool.editions[Int(planned.edition)]
    if let index = edition.series[planned.period], let series = series[index] { return series }
    let new = Series(
      pool: pool.index, edition: edition.index, period: planned.period, next: planned.next)
    new.counts = planned.counts
    new.index = series.insert(new)
    edition.series[planned.period] = new.index
    edition.highestPeriod = max(edition.highestPeriod, planned.period)
    grownEditions.append(edition)
    return new
  }

  /// Takes a live number over.
  private func take(
    _ number: ImportPlan.Number, _ hold: Hold, _ series: Series, in pool: Pool, at now: Moment,
    rows: any NumberRows
  ) {
    var lock = Lock(
      series: series.index, lease: hold.lease, caller: hold.caller, generation: 1,
      first: number.key.serial, last: number.key.serial, allocated: now.wall,
      generated: number.generated, event: 0)
    lock.event = recordImport(of: lock, hold, in: pool)
    attach(lock, to: series)
    rows.insertLock(
      number.key, lock, caller: callers[hold.caller], lease: leases[hold.lease])
  }

  /// Takes a completed number over.
  private func take(
    _ number: ImportPlan.Number, _ caller: Caller, _ end: ImportCommand.Completion,
    _ series: Series, in pool: Pool, at now: Moment, rows: any NumberRows
  ) {
    let hold = Hold(caller: callers.retain(caller))
    var lock = Lock(
      series: series.index, lease: -1, caller: hold.caller, generation: 1,
      first: number.key.serial, last: number.key.serial, allocated: now.wall,
      generated: number.generated, event: 0)
    lock.event = recordImport(of: lock, hold, in: pool)
    let amount = end.amount
    var ended = ended(
      lock, .completed(currency: amount?.currency ?? "", amountMinor: amount?.minor ?? 0), at: now)
    ended.event = recordEnd(of: lock, ended.end, in: pool, at: now)
    callers.release(hold.caller)
    rows.insertCompleted(number.key, ended, count: 1)
    pool.counters.completed += 1
    series.counts.completed += 1
    add(amount, to: pool)
  }
}
