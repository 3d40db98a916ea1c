extension Book {
  /// The lease that an allocation asks for.
  enum ResolvedLease {
    case none
    case new(ttl: Int64)
    case existing(Int32)
  }

  /// What the numbers of one allocation have in common.
  struct Hold {
    var caller: Int32
    var lease: Int32 = -1
    var leaseID: Int64 = 0
    var expireTime: Int64?
  }

  /// A caller's name is stored with each number.
  func check(_ caller: Caller) throws(Refusal) {
    guard (1...Limits.holderBytes).contains(caller.holder.utf8.count) else { throw .holderInvalid }
  }

  func resolve(
    _ choice: AllocateCommand.LeaseChoice, _ caller: Caller, in pool: Pool
  ) throws(Refusal) -> ResolvedLease {
    let settings = pool.settings
    guard settings.leaseMode == .leased else {
      if case .poolDefault = choice { return .none }
      throw .leasesOff
    }
    switch choice {
    case .poolDefault:
      try checkRoom(in: pool)
      return .new(ttl: settings.defaultLease)
    case .ttl(let ttl):
      try check(ttl: ttl, in: pool)
      try checkRoom(in: pool)
      return .new(ttl: ttl)
    case .existing(let id): return .existing(try lease(id, of: caller, in: pool))
    }
  }

  /// The lease `id`, if it may be changed by `caller`.
  private func lease(_ id: Int64, of caller: Caller, in pool: Pool) throws(Refusal) -> Int32 {
    guard let index = pool.leases[id], let lease = leases[index] else { throw .leaseNotFound }
    guard caller.mayAct(for: callers[lease.caller]) else { throw .leaseNotHeld }
    guard !lease.isExpiring else { throw .leaseExpired }
    return index
  }

  private func check(ttl: Int64, in pool: Pool) throws(Refusal) {
    let settings = pool.settings
    guard ttl >= settings.minLease, ttl <= settings.maxLease else {
      throw .leaseTTLOutOfRange(least: settings.minLease, most: settings.maxLease)
    }
  }

  /// Whether the pool may have one more lease.
  private func checkRoom(in pool: Pool) throws(Refusal) {
    guard pool.leases.count < limits.leasesPerPool else {
      throw .leasesExhausted(limit: limits.leasesPerPool)
    }
  }

  /// Opens what an allocation holds its numbers by.
  func open(_ lease: ResolvedLease, _ caller: Caller, in pool: Pool, at now: Moment) -> Hold {
    var hold = Hold(caller: callers.retain(caller))
    switch lease {
    case .none: break
    case .new(let ttl):
      hold.lease = add(ttl: ttl, caller: hold.caller, isImplicit: true, in: pool, at: now)
    case .existing(let index): hold.lease = index
    }
    if let lease = leases[hold.lease] {
      hold.leaseID = lease.id
      hold.expireTime = now.shown(at: lease.expires)
    }
    return hold
  }

  private func add(
    ttl: Int64, caller: Int32, isImplicit: Bool, in pool: Pool, at now: Moment
  ) -> Int32 {
    let lease = Lease(
      pool: pool.index, id: pool.nextLease, caller: caller, ttl: ttl, expires: now.boot + ttl,
      isImplicit: isImplicit, isStored: !isImplicit)
    pool.nextLease += 1
    return insert(lease, in: pool)
  }

  /// Makes a lease of its own.
  func createLease(
    _ business: String, ttl: Int64?, caller: Caller, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> LeaseView {
    let pool = try pool(of: business)
    try check(caller)
    guard pool.settings.leaseMode == .leased else { throw .leasesOff }
    let ttl = ttl ?? pool.settings.defaultLease
    try check(ttl: ttl, in: pool)
    try checkRoom(in: pool)
    touch(pool, at: now, rows: rows)
    let caller = callers.retain(caller)
    let index = add(ttl: ttl, caller: caller, isImplicit: false, in: pool, at: now)
    callers.release(caller)
    return put(index, in: pool, at: now, rows: rows)
  }

  /// Lets a lease run its whole time again.
  func renew(
    _ business: String, lease id: Int64, caller: Caller, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> LeaseView {
    let pool = try pool(of: business)
    let index = try lease(id, of: caller, in: pool)
    guard let before = leases[index] else { throw .leaseNotFound }
    touch(pool, at: now, rows: rows)
    undoLog.append(.leaseChanged(index, before))
    let event = recordRenewal(of: before, expires: now.boot + before.ttl, in: pool, at: now)
    leases.update(index) { lease in
      lease.isStored = true
      lease.event = event
    }
    leases.setExpiry(index, now.boot + before.ttl)
    return put(index, in: pool, at: now, rows: rows)
  }

  private func put(
    _ index: Int32, in pool: Pool, at now: Moment, rows: any NumberRows
  ) -> LeaseView {
    let view = view(index, in: pool, at: now)
    if let lease = leases[index] {
      rows.putLease(lease, pool: pool.id, caller: callers[lease.caller])
    }
    return view
  }

  /// A lease as it is.
  func lease(_ business: String, _ id: Int64, at now: Moment) throws(Refusal) -> LeaseView {
    let pool = try pool(of: business)
    guard let index = pool.leases[id] else { throw .leaseNotFound }
    return view(index, in: pool, at: now)
  }

  private func view(_ index: Int32, in pool: Pool, at now: Moment) -> LeaseView {
    guard let lease = leases[index] else {
      return LeaseView(
        business: pool.business, id: 0, caller: callers[-1], ttl: 0, expireTime: now.wall, count: 0)
    }
    return LeaseView(
      business: pool.business, id: lease.id, caller: callers[lease.caller], ttl: lease.ttl,
      expireTime: now.shown(at: lease.expires), count: lease.count)
  }

  /// Removes a lease that lost its last number, if it was made with its numbers or ran out.
  func endIfEmpty(_ index: Int32, rows: any NumberRows) {
    guard index >= 0, let lease = leases[index], lease.count == 0,
      lease.isImplicit || lease.isExpiring
    else { return }
    if lease.isStored, let pool = pools[Int(lease.pool)] {
      rows.deleteLease(pool: pool.id, id: lease.id)
    }
    removeLease(index)
  }
}

/// A lease as it is shown.
struct LeaseView: Sendable, Equatable {
  var business: String
  var id: Int64
  var caller: Caller
  /// µs.
  var ttl: Int64
  /// Wall clock, µs.
  var expireTime: Int64
  var count: Int64
}
