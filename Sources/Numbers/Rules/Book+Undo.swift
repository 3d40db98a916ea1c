extension Book {
  /// Takes back every change noted after the log had `mark` entries, the last first.
  func undo(to mark: Int) {
    while undoLog.count > mark, let change = undoLog.popLast() { undo(change) }
  }

  private func undo(_ change: Change) {
    switch change {
    case .lockInserted(let index): detach(index)
    case .lockRemoved(let index, let lock): reattach(index, lock)
    case .lockCut(let index, let first, let last): resize(index, to: first...last)
    case .leaseInserted(let index):
      guard let lease = leases[index] else { return }
      forget(lease, at: index)
    case .leaseRemoved(let index, let lease):
      leases.restore(index, lease)
      callers.retain(lease.caller)
      pools[Int(lease.pool)]?.leases[lease.id] = index
    case .leaseChanged(let index, let before):
      leases.update(index) { lease in
        lease.ttl = before.ttl
        lease.isStored = before.isStored
        lease.isExpiring = before.isExpiring
        lease.event = before.event
      }
      leases.setExpiry(index, before.expires)
    case .rangeAdded(let pool, let range):
      pool.stock.undoAppend()
      count(-range.count, of: range.series, in: pool)
      series[range.series]?.uses -= 1
    case .rangeUsed(let pool, let range, let next):
      count(range.next - next, of: range.series, in: pool)
      range.next = next
    case .rangesTaken(let pool, let count):
      pool.stock.undoTakeFirst(count)
      for offset in 0..<count {
        let range = pool.stock[offset]
        self.count(range.count, of: range.series, in: pool)
        series[range.series]?.uses += 1
      }
    case .returnedAdded(let pool, let series):
      pool.returned.undoAppend()
      pool.nextPlace -= 1
      pool.returnedAges.forget(pool.nextPlace)
      series.returns.undoAppend()
      series.uses -= 1
    case .returnedTaken(let pool, let count):
      pool.returned.undoTakeFirst(count)
      for offset in 0..<count {
        guard let series = series[pool.returned[offset].series] else { continue }
        series.returns.undoTakeFirst(1)
        series.uses += 1
      }
    case .seriesAdvanced(let series, let next): series.next = next
    case .seriesCounted(let series, let counts): series.counts = counts
    case .recorded(let pool, let mark): pool.events.undo(to: mark)
    case .counted(let pool, let counters, let lastGenerated, let nextLease):
      pool.counters = counters
      pool.lastGenerated = lastGenerated
      pool.nextLease = nextLease
    case .amount(let pool, let currency, let before): pool.amounts[currency] = before
    case .other(let body): body()
    }
  }

  /// Nothing before this moment can be undone any more.
  func committed() {
    undoLog.removeAll(keepingCapacity: true)
    callers.forget()
    for pool in dirtyPools {
      pool.isDirty = false
      pool.dirtyAmounts.removeAll(keepingCapacity: true)
      pool.firstEvent = pool.nextEvent
      pool.events.removeAll()
      pool.stock.forget()
      pool.returned.forget()
    }
    for series in dirtySeries { series.isDirty = false }
    for range in dirtyRanges { range.isDirty = false }
    for series in takenSeries { series.returns.forget() }
    takenSeries.removeAll(keepingCapacity: true)
    dirtyPools.removeAll(keepingCapacity: true)
    dirtySeries.removeAll(keepingCapacity: true)
    dirtyRanges.removeAll(keepingCapacity: true)
    forgetOldPeriods()
  }

  /// Drops the series of periods long over that nothing refers to.
  private func forgetOldPeriods() {
    for edition in grownEditions {
      let old = edition.series.keys.sorted().dropLast(Limits.recentPeriods)
      for period in old {
        guard let index = edition.series[period], let entry = series[index], entry.uses == 0,
          entry.live.isEmpty
        else { continue }
        edition.series[period] = nil
        if edition.present === entry { edition.present = nil }
        series.remove(index)
      }
    }
    grownEditions.removeAll()
  }
}
