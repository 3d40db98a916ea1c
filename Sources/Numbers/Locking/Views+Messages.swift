internal import API
internal import Messages

extension TokenValue {
  init(_ token: Token) {
    self.init(incarnation: token.incarnation, generation: token.generation)
  }
}

extension API.Lock {
  init(_ view: LockView, business: String, incarnation: UInt64) {
    self.init(
      business: business, number: view.number,
      token: Token(incarnation: incarnation, generation: UInt64(view.generation)),
      holder: view.caller.holder, principal: view.caller.principal, leaseID: view.lease,
      allocateTime: ProtoTimestamp(microseconds: view.allocated), lastEvent: view.event)
    switch view.state {
    case .live(let expires):
      state = .live
      expireTime = expires.map { ProtoTimestamp(microseconds: $0) }
    case .ended(let time, .completed(let currency, let minor)):
      state = .completed
      endTime = ProtoTimestamp(microseconds: time)
      if !currency.isEmpty { amount = Money(currencyCode: currency, amountMinor: minor) }
    case .ended(let time, .returned(let cause, _, let reason)):
      state = cause == .released ? .released : .expired
      endTime = ProtoTimestamp(microseconds: time)
      releaseReason = reason
    }
  }
}

extension API.Lease {
  init(_ view: LeaseView) {
    self.init(
      business: view.business, leaseID: view.id, holder: view.caller.holder,
      principal: view.caller.principal, ttl: ProtoDuration(microseconds: view.ttl),
      expireTime: ProtoTimestamp(microseconds: view.expireTime), numberCount: view.count)
  }
}

extension Counter {
  init(_ view: CounterView, business: String) {
    let counters = view.counters
    self.init(
      business: business, generated: counters.generated, allocated: counters.allocated,
      live: counters.live, completed: counters.completed,
      completedAmounts: view.amounts.map {
        Money(currencyCode: $0.currency, amountMinor: $0.minor)
      },
      released: counters.released, expired: counters.expired, reused: counters.reused,
      lapsed: counters.lapsed, retired: counters.retired,
      remainingInPool: view.stock.remainingInPool,
      remainingInPeriod: view.stock.remainingInPeriod, imported: counters.imported)
  }
}
