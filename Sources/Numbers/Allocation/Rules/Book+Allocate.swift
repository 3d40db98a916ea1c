/// Asks for numbers.
struct AllocateCommand: Sendable {
  /// Under which lease they are held.
  enum LeaseChoice: Sendable {
    case poolDefault
    /// A lease of their own, µs.
    case ttl(Int64)
    case existing(Int64)
  }

  var business: String
  var count: Int
  var caller: Caller
  var lease = LeaseChoice.poolDefault
}

/// What became of an allocation.
struct Allocation: Sendable {
  var handed: HandedNumbers
  /// Of the template of all its numbers.
  var form: NumberForm
  /// Set once a period: few of its serials are left.
  var low: LowSerials?
}

/// A period that runs out of serials.
public struct LowSerials: Sendable, Equatable {
  /// Whose numbers.
  public var business: String
  /// "2026-11-21", "2026-11", "2026", or empty where the serial never starts again.
  public var period: String
  /// Serials that are left, numbers in stock not counted.
  public var remaining: Int64
}

extension Book {
  /// Hands out numbers: those that came back first, then the stock, then new ones.
  func allocate(
    _ command: AllocateCommand, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> Allocation {
    guard (1...Limits.numbersPerCall).contains(command.count) else { throw .countOutOfRange }
    let pool = try pool(of: command.business)
    try check(command.caller)
    if let cause = pool.stops.business.named { throw .businessStopped(cause) }
    let lease = try resolve(command.lease, command.caller, in: pool)
    guard pool.counters.live + Int64(command.count) <= limits.liveNumbersPerPool else {
      throw .liveNumbersExhausted(limit: limits.liveNumbersPerPool)
    }
    try checkQuota(command.count, of: command.caller, in: pool)
    let plan = try plan(command.count, in: pool, at: now)

    touch(pool, at: now, rows: rows)
    let hold = open(lease, command.caller, in: pool, at: now)
    var handed = HandedNumbers(
      edition: plan.target.edition.index, lease: hold.leaseID, expireTime: hold.expireTime)
    takeReturned(plan, hold, in: pool, at: now, rows: rows, into: &handed)
    if plan.missing > 0 {
      generate(max(plan.missing, pool.settings.generationBatch), in: pool, plan.target, rows: rows)
    }
    takeStock(plan, hold, in: pool, at: now, rows: rows, into: &handed)
    callers.release(hold.caller)
    pool.counters.allocated += handed.count
    fillLater(pool)
    return Allocation(
      handed: handed, form: plan.target.edition.form, low: warning(of: plan.target, in: pool))
  }

  /// Where an allocation takes its numbers from.
  private struct Plan {
    /// How many of those that came back are taken off their line, and which of them are too old.
    var lineCount = 0
    var tooOld: Set<Int> = []
    /// How many come from the stock, those included that are made first.
    var fromStock: Int64 = 0
    /// How many must be made.
    var missing: Int64 = 0
    var target: GenerationTarget
  }

  private func plan(_ count: Int, in pool: Pool, at now: Moment) throws(Refusal) -> Plan {
    let target = try target(in: pool, at: now)
    var plan = Plan(target: target)
    var needed = Int64(count)
    if pool.settings.reuse != .never {
      while needed > 0, plan.lineCount < pool.returned.count,
        plan.tooOld.count < Limits.lapsesPerCall
      {
        let number = pool.returned[plan.lineCount]
        guard isOutOfQuarantine(returned: number.returned, in: pool, at: now) else { break }
        // A number whose generations are used up is as good as too old: they never start again.
        if isFresh(number.series, number.generated, in: pool, target), number.generation < .max {
          needed -= 1
        } else {
          plan.tooOld.insert(plan.lineCount)
        }
        plan.lineCount += 1
      }
    }
    plan.fromStock = needed
    var offset = 0
    while needed > 0, offset < pool.stock.count {
      let range = pool.stock[offset]
      if isFresh(range.series, range.generated, in: pool, target) {
        needed -= min(needed, range.count)
      }
      offset += 1
    }
    plan.missing = needed
    guard needed <= target.remaining else {
      throw .serialsExhausted(
        period: target.edition.form.period.text(target.period), remaining: target.remaining)
    }
    if needed > 0 {
      if let cause = pool.stops.generation.named {
        throw .generationStopped(cause, remaining: Int64(count) - needed)
      }
      try checkShown(target)
    }
    return plan
  }

  private func takeReturned(
    _ plan: Plan, _ hold: Hold, in pool: Pool, at now: Moment, rows: any NumberRows,
    into handed: inout HandedNumbers
  ) {
    guard plan.lineCount > 0 else { return }
    for offset in 0..<plan.lineCount {
      let number = pool.returned[offset]
      guard let series = series[number.series] else { continue }
      series.uses -= 1
      series.returns.takeFirst(1)
      if takenSeries.last !== series { takenSeries.append(series) }
      let key = key(series, number.serial)
      if plan.tooOld.contains(offset) {
        let event = recordRetirement(of: number, in: pool, at: now)
        rows.retireReturned(key, event: event)
        pool.counters.retired += 1
        touch(series)
        series.counts.retired += 1
        continue
      }
      rows.deleteReturned(key)
      pool.counters.reused += 1
      let run = HandedRun(
        period: series.period, first: number.serial, last: number.serial,
        generation: number.generation + 1, generated: number.generated)
      hand(run, of: series, in: pool, after: number.event, hold, at: now, rows: rows)
      handed.append(run)
    }
    pool.returned.takeFirst(plan.lineCount)
    undoLog.append(.returnedTaken(pool, plan.lineCount))
  }

  private func takeStock(
    _ plan: Plan, _ hold: Hold, in pool: Pool, at now: Moment, rows: any NumberRows,
    into handed: inout HandedNumbers
  ) {
    var needed = plan.fromStock
    var spent = 0
    while needed > 0 {
      let range = pool.stock[spent]
      guard let series = series[range.series] else { return }
      guard isFresh(range.series, range.generated, in: pool, plan.target) else {
        lapse(range, series, in: pool, plan.target, rows: rows)
        spent += 1
        continue
      }
      let count = min(needed, range.count)
      use(range, count, in: pool)
      let run = HandedRun(
        period: series.period, first: range.next - count, last: range.next - 1, generation: 1,
        generated: range.generated)
      hand(run, of: series, in: pool, after: range.event, hold, at: now, rows: rows)
      handed.append(run)
      needed -= count
      if range.count == 0 { spent += 1 }
    }
    takeRanges(spent, in: pool)
  }

  /// Hands out numbers whose last event is `event`.
  private func hand(
    _ run: HandedRun, of series: Series, in pool: Pool, after event: Int64, _ hold: Hold,
    at now: Moment, rows: any NumberRows
  ) {
    var lock = Lock(
      series: series.index, lease: hold.lease, caller: hold.caller, generation: run.generation,
      first: run.first, last: run.last, allocated: now.wall, generated: run.generated,
      event: event)
    lock.event = recordBeginning(of: lock, hold, in: pool)
    attach(lock, to: series)
    handedSinceExpiry += Int(run.count)
    write(series)
    rows.insertLock(
      key(series, lock.last), lock, caller: callers[hold.caller], lease: leases[hold.lease])
  }
}
