// Locks, their leases and their series refer to each other; only this file joins and parts them.
extension Book {
  /// Adds a live lock, attached to its lease if it has one.
  func attach(_ lock: Lock, to series: Series) {
    var lock = lock
    if lock.lease >= 0, let lease = leases[lock.lease] { lock.next = lease.first }
    let index = locks.insert(lock)
    link(index, lock, series)
    callers.retain(lock.caller)
    undoLog.append(.lockInserted(index))
  }

  /// Parts live numbers of one lock from its others, and removes them. Their lease stays, even if it
  /// has no lock left. Nil where no lock holds them all.
  func remove(
    _ serials: ClosedRange<Int64>, of series: Series, rows: any NumberRows
  ) -> Lock? {
    guard let index = series.live[serials.lowerBound], let lock = locks[index],
      lock.last >= serials.upperBound
    else { return nil }
    let before = serials.lowerBound - lock.first
    let behind = lock.last - serials.upperBound
    if behind > 0 {
      rows.shortenLock(key(series, lock.last), to: behind)
    } else {
      rows.deleteLock(key(series, lock.last))
    }
    guard before + behind > 0 else {
      detach(index)
      undoLog.append(.lockRemoved(index, lock))
      return lock
    }
    // The longer rest keeps the place, for each serial of the other gets a new one.
    let left = lock.first...(max(serials.lowerBound, lock.first + 1) - 1)
    let right = min(serials.upperBound + 1, lock.last)...lock.last
    undoLog.append(.lockCut(index, first: lock.first, last: lock.last))
    if before > behind {
      resize(index, to: left)
      if behind > 0 { attach(lock.part(right), to: series) }
    } else {
      resize(index, to: right)
      if before > 0 { attach(lock.part(left), to: series) }
    }
    if before > 0 {
      rows.insertLock(
        key(series, left.upperBound), lock.part(left), caller: callers[lock.caller],
        lease: leases[lock.lease])
    }
    return lock.part(serials)
  }

  func reattach(_ index: Int32, _ lock: Lock) {
    guard let series = series[lock.series] else { return }
    locks.restore(index, lock)
    link(index, lock, series)
    callers.retain(lock.caller)
  }

  func detach(_ index: Int32) {
    guard let lock = locks[index] else { return }
    if let series = series[lock.series] {
      series.live.fill(lock.first...lock.last, nil)
      hold(-lock.count, of: lock, series)
    }
    if lock.previous >= 0 { locks[lock.previous]?.next = lock.next }
    if lock.next >= 0 { locks[lock.next]?.previous = lock.previous }
    if lock.lease >= 0 {
      leases.update(lock.lease) { lease in
        lease.count -= lock.count
        if lock.previous < 0 { lease.first = lock.next }
      }
    }
    locks.remove(index)
    callers.release(lock.caller)
  }

  /// Gives a lock fewer numbers at either end, or, where that is undone, more.
  func resize(_ index: Int32, to serials: ClosedRange<Int64>) {
    guard let lock = locks[index], let series = series[lock.series] else { return }
    let (first, last) = (serials.lowerBound, serials.upperBound)
    if lock.first < first { series.live.fill(lock.first...(first - 1), nil) }
    if last < lock.last { series.live.fill((last + 1)...lock.last, nil) }
    if first < lock.first { series.live.fill(first...(lock.first - 1), index) }
    if lock.last < last { series.live.fill((lock.last + 1)...last, index) }
    let change = last - first + 1 - lock.count
    hold(change, of: lock, series)
    if lock.lease >= 0 { leases.update(lock.lease) { $0.count += change } }
    locks[index]?.first = first
    locks[index]?.last = last
    locks[index]?.event = lock.event(of: last)
  }

  private func link(_ index: Int32, _ lock: Lock, _ series: Series) {
    series.live.fill(lock.first...lock.last, index)
    hold(lock.count, of: lock, series)
    if lock.previous >= 0 { locks[lock.previous]?.next = index }
    if lock.next >= 0 { locks[lock.next]?.previous = index }
    if lock.lease >= 0 {
      leases.update(lock.lease) { lease in
        lease.count += lock.count
        if lock.previous < 0 { lease.first = index }
      }
    }
  }

  /// Counts what the owner of a lock holds of its pool, for quotas.
  @inline(__always)
  private func hold(_ change: Int64, of lock: Lock, _ series: Series) {
    guard let pool = pools[Int(series.pool)] else { return }
    let owner = callers.owner(lock.caller)
    pool.held[owner, default: 0] += change
    if change < 0, pool.held[owner] == 0 { pool.held[owner] = nil }
  }

  /// Adds a lease.
  func insert(_ lease: Lease, in pool: Pool) -> Int32 {
    let index = leases.insert(lease)
    pool.leases[lease.id] = index
    callers.retain(lease.caller)
    undoLog.append(.leaseInserted(index))
    return index
  }

  /// Removes a lease without locks.
  func removeLease(_ index: Int32) {
    guard let lease = leases[index] else { return }
    forget(lease, at: index)
    undoLog.append(.leaseRemoved(index, lease))
  }

  func forget(_ lease: Lease, at index: Int32) {
    leases.remove(index)
    pools[Int(lease.pool)]?.leases[lease.id] = nil
    callers.release(lease.caller)
  }
}
