// What becomes of a number whose holder gave it back, or whose lease ran out.
extension Book {
  /// Returns live numbers of one lock to their pool, and says what their lease is. The caller of this
  /// ends the lease, and counts the cause.
  @discardableResult
  func giveBack(
    _ serials: ClosedRange<Int64>, of index: Int32, _ cause: ReturnCause, reason: String,
    at now: Moment, rows: any NumberRows
  ) -> Int32 {
    guard let series = series[index], let pool = pools[Int(series.pool)],
      let lock = remove(serials, of: series, rows: rows)
    else { return -1 }
    let isRetired = pool.settings.reuse == .never
    var ended = ended(lock, .returned(cause, isRetired: isRetired, reason: reason), at: now)
    let last = recordEnd(of: lock, ended.end, in: pool, at: now)
    for serial in serials {
      ended.event = last - (lock.last - serial)
      rows.insertReturned(
        key(series, serial), ended, returned: now.boot, place: isRetired ? 0 : pool.nextPlace)
      if !isRetired { lineUp(serial, of: lock, series, in: pool, event: ended.event, at: now) }
    }
    if isRetired {
      pool.counters.retired += lock.count
      touch(series)
      series.counts.retired += lock.count
    } else {
      write(series)
    }
    return lock.lease
  }

  /// Puts a number that came back at the end of its pool's line.
  private func lineUp(
    _ serial: Int64, of lock: Lock, _ series: Series, in pool: Pool, event: Int64, at now: Moment
  ) {
    pool.returned.append(
      ReturnedNumber(
        series: lock.series, generation: lock.generation, serial: serial,
        generated: lock.generated, returned: now.boot, event: event))
    pool.nextPlace += 1
    series.returns.append(now.boot)
    series.uses += 1
    undoLog.append(.returnedAdded(pool, series))
  }

  /// The record of a holding that ends now.
  func ended(_ lock: Lock, _ end: EndedNumber.End, at now: Moment) -> EndedNumber {
    EndedNumber(
      generation: lock.generation, caller: callers[lock.caller],
      lease: leases[lock.lease]?.id ?? 0, allocated: lock.allocated, generated: lock.generated,
      ended: now.wall, end: end)
  }

  /// Whether a number that came back at `returned` (lease clock, µs) may be handed out as far as
  /// its quarantine is concerned.
  func isOutOfQuarantine(returned: Int64, in pool: Pool, at now: Moment) -> Bool {
    switch pool.settings.reuse {
    case .atOnce: true
    case .afterQuarantine: now.boot - returned >= pool.settings.quarantine
    case .never: false
    }
  }

  /// Returns numbers of leases that ran out, a limited number at a time.
  func expire(at now: Moment, rows: any NumberRows) {
    var budget = min(
      max(Limits.expiriesPerWake, 2 * handedSinceExpiry), Limits.mostExpiriesPerWake)
    handedSinceExpiry = 0
    while budget > 0, let (index, expires) = leases.earliest, expires <= now.boot,
      let lease = leases[index], let pool = pools[Int(lease.pool)]
    {
      touch(pool, at: now, rows: rows)
      if !lease.isExpiring {
        undoLog.append(.leaseChanged(index, lease))
        leases.update(index) { $0.isExpiring = true }
      }
      budget -= 1
      while budget > 0, let first = leases[index]?.first, let lock = locks[first] {
        let count = min(lock.count, Int64(budget))
        giveBack(
          lock.first...(lock.first + count - 1), of: lock.series, .expired, reason: "", at: now,
          rows: rows)
        pool.counters.expired += count
        budget -= Int(count)
      }
      endIfEmpty(index, rows: rows)
    }
  }
}
