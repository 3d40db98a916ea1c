// What is noted of the lives of numbers as they are decided; each gives the sequence of its event,
// or of the last of its events where it is of a lock of many numbers.
// The calls that change something have touched the pool before, so undoing takes the events back.
extension Book {
  /// Numbers are handed out. `lock.event` is still the event before, of all of them.
  func recordBeginning(of lock: Lock, _ hold: Hold, in pool: Pool) -> Int64 {
    record(
      EventWriter.Group(
        kind: lock.generation == 1 ? .allocated : .reused, time: lock.allocated,
        caller: lock.caller, lease: hold.leaseID, expires: hold.expireTime),
      EventWriter.Item(
        series: lock.series, serial: lock.first, last: lock.last, generation: lock.generation,
        generated: lock.generated, previous: lock.event), in: pool)
  }

  /// A number is taken over from another system.
  func recordImport(of lock: Lock, _ hold: Hold, in pool: Pool) -> Int64 {
    record(
      EventWriter.Group(
        kind: .imported, time: lock.allocated, caller: lock.caller, lease: hold.leaseID,
        expires: hold.expireTime),
      EventWriter.Item(
        series: lock.series, serial: lock.first, last: lock.last, generation: lock.generation,
        generated: lock.generated), in: pool)
  }

  /// Numbers of one lock aren't held any more. Their lease is still there.
  func recordEnd(
    of lock: Lock, _ end: EndedNumber.End, in pool: Pool, at now: Moment
  ) -> Int64 {
    var group = EventWriter.Group(kind: .completed, time: now.wall, caller: lock.caller)
    let lease = leases[lock.lease]
    var item = EventWriter.Item(
      series: lock.series, serial: lock.first, last: lock.last, generation: lock.generation,
      generated: lock.generated, previous: lock.event(of: lock.first), lease: lease?.id ?? 0,
      renewal: lease?.event ?? 0, allocated: lock.allocated)
    switch end {
    case .completed(let currency, let minor):
      group.currency = currency
      item.amountMinor = minor
    case .returned(let cause, let isRetired, let reason):
      group.kind = cause == .released ? .released : .expired
      group.isRetired = isRetired
      group.reason = reason
    }
    return record(group, item, in: pool)
  }

  /// A number in line became too old.
  func recordRetirement(of number: ReturnedNumber, in pool: Pool, at now: Moment) -> Int64 {
    record(
      EventWriter.Group(kind: .retired, time: now.wall),
      EventWriter.Item(
        series: number.series, serial: number.serial, generation: number.generation,
        generated: number.generated, previous: number.event), in: pool)
  }

  /// Numbers are made, or what is left of them lapses.
  func recordRange(
    _ kind: NumberEvent.Kind, _ series: Series, _ serials: ClosedRange<Int64>, generated: Int64,
    after event: Int64, in pool: Pool, at time: Int64
  ) -> Int64 {
    record(
      EventWriter.Group(kind: kind, time: time),
      EventWriter.Item(
        series: series.index, serial: serials.lowerBound, last: serials.upperBound,
        generated: generated, previous: event), in: pool)
  }

  /// A lease runs its whole time again, until `expires` on the lease clock.
  func recordRenewal(of lease: Lease, expires: Int64, in pool: Pool, at now: Moment) -> Int64 {
    record(
      EventWriter.Group(
        kind: .renewed, time: now.wall, caller: lease.caller, lease: lease.id,
        expires: now.shown(at: expires)),
      EventWriter.Item(previous: lease.event), in: pool)
  }

  private func record(
    _ group: EventWriter.Group, _ item: EventWriter.Item, in pool: Pool
  ) -> Int64 {
    pool.events.append(
      group, item, caller: { callers[$0] },
      key: { index in
        let series = series[index]
        return (series?.edition ?? 0, series?.period ?? 0)
      })
    return pool.nextEvent - 1
  }
}
