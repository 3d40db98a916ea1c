@testable import Numbers

extension PoolModel {
  func check(ttl: Int64) throws(Refusal) {
    guard ttl >= settings.minLease, ttl <= settings.maxLease else {
      throw .leaseTTLOutOfRange(least: settings.minLease, most: settings.maxLease)
    }
  }

  func checkRoom() throws(Refusal) {
    guard leases.count < HistoryModel.limits.leasesPerPool else {
      throw .leasesExhausted(limit: HistoryModel.limits.leasesPerPool)
    }
  }

  mutating func createLease(
    ttl: Int64?, _ caller: Caller, _ now: Moment
  ) throws(Refusal) -> LeaseView {
    guard settings.leaseMode == .leased else { throw .leasesOff }
    let ttl = ttl ?? settings.defaultLease
    try check(ttl: ttl)
    try checkRoom()
    let id = nextLease
    nextLease += 1
    leases[id] = Lease(caller: caller, ttl: ttl, expires: now.boot + ttl, isImplicit: false)
    return view(id, now)
  }

  mutating func renew(_ id: Int64, _ caller: Caller, _ now: Moment) throws(Refusal) -> LeaseView {
    guard let lease = leases[id] else { throw .leaseNotFound }
    guard caller.mayAct(for: lease.caller) else { throw .leaseNotHeld }
    leases[id]?.expires = now.boot + lease.ttl
    noteRenewal(of: id, now)
    return view(id, now)
  }

  private func view(_ id: Int64, _ now: Moment) -> LeaseView {
    let lease = leases[id]
    return LeaseView(
      business: business, id: id, caller: lease?.caller ?? Caller(principal: "", holder: ""),
      ttl: lease?.ttl ?? 0, expireTime: now.shown(at: lease?.expires ?? 0),
      count: Int64(held(under: id).count))
  }

  /// A lease that was made with its numbers ends with the last of them.
  mutating func endIfEmpty(_ id: Int64) {
    if leases[id]?.isImplicit == true, held(under: id).isEmpty { leases[id] = nil }
  }
}
