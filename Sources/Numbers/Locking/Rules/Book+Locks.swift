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

  /// Removes a live lock. Its lease stays, even if it has no lock left.
  func remove(_ index: Int32) {
    guard let lock = locks[index] else { return }
    detach(index)
    undoLog.append(.lockRemoved(index, lock))
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
      series.live[lock.serial] = nil
      hold(-1, of: lock, series)
    }
    if lock.previous >= 0 { locks[lock.previous]?.next = lock.next }
    if lock.next >= 0 { locks[lock.next]?.previous = lock.previous }
    if lock.lease >= 0 {
      leases.update(lock.lease) { lease in
        lease.count -= 1
        if lock.previous < 0 { lease.first = lock.next }
      }
    }
    locks.remove(index)
    callers.release(lock.caller)
  }

  private func link(_ index: Int32, _ lock: Lock, _ series: Series) {
    series.live[lock.serial] = index
    hold(1, of: lock, series)
    if lock.previous >= 0 { locks[lock.previous]?.next = index }
    if lock.next >= 0 { locks[lock.next]?.previous = index }
    if lock.lease >= 0 {
      leases.update(lock.lease) { lease in
        lease.count += 1
        if lock.previous < 0 { lease.first = index }
      }
    }
  }

  /// Counts what the owner of a lock holds of its pool, for quotas.
  @inline(__always)
  private func hold(_ change: Int64, of lock: Lock, _ series: Series) {
    guard let pool = pools[Int(series.pool)] else { return }
    let owner = callers.owner(lock.caller)
    let held = (pool.held[owner] ?? 0) + change
    pool.held[owner] = held == 0 ? nil : held
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
