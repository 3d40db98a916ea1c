// What becomes of a number whose holder gave it back, or whose lease ran out.
extension Book {
  /// Returns a live number to its pool. The caller of this ends the lease, and counts the cause.
  func giveBack(
    _ index: Int32, _ cause: ReturnCause, reason: String, at now: Moment, rows: any NumberRows
  ) {
    guard let lock = locks[index], let series = series[lock.series],
      let pool = pools[Int(series.pool)]
    else { return }
    let key = key(series, lock.serial)
    let isRetired = pool.settings.reuse == .never
    var ended = ended(lock, .returned(cause, isRetired: isRetired, reason: reason), at: now)
    ended.event = recordEnd(of: lock, ended.end, in: pool, at: now)
    remove(index)
    rows.deleteLock(key)
    rows.insertReturned(
      key, ended, returned: now.boot, place: isRetired ? 0 : pool.nextPlace)
    if isRetired {
      pool.counters.retired += 1
      touch(series)
      series.counts.retired += 1
      return
    }
    pool.returned.append(
      ReturnedNumber(
        series: lock.series, generation: lock.generation, serial: lock.serial,
        generated: lock.generated, returned: now.boot, event: ended.event))
    pool.nextPlace += 1
    series.returns.append(now.boot)
    write(series)
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
      while budget > 0, let first = leases[index]?.first, first >= 0 {
        giveBack(first, .expired, reason: "", at: now, rows: rows)
        pool.counters.expired += 1
        budget -= 1
      }
      endIfEmpty(index, rows: rows)
    }
  }
}
