@testable import Numbers

extension PoolModel {
  mutating func allocate(_ command: AllocateCommand, _ now: Moment) throws(Refusal) -> GivenNumbers
  {
    if let cause = cause(.business) { throw .businessStopped(cause) }
    let lease = try lease(for: command, now)
    guard counters.live + Int64(command.count) <= HistoryModel.limits.liveNumbersPerPool else {
      throw .liveNumbersExhausted(limit: HistoryModel.limits.liveNumbersPerPool)
    }
    if let limit = quotas[ExactText(command.caller.holder)] ?? settings.holderQuota {
      let live = held(by: command.caller.holder)
      guard live + Int64(command.count) <= limit else {
        throw .holderQuotaExceeded(limit: limit, live: live)
      }
    }
    let again = numbersThatGoAgain(command.count, now)
    var missing = command.count - again.taken.count
    missing -= min(missing, stock.count { isFresh($0, now) })
    let target = target(now).series
    guard missing <= serialsLeft(target) else {
      throw .serialsExhausted(
        period: settings.period.text(target.period), remaining: serialsLeft(target))
    }
    if missing > 0, let cause = cause(.generation) {
      throw .generationStopped(cause, remaining: Int64(command.count - missing))
    }

    var taken: [NumberKey] = []
    line.removeFirst(again.taken.count + again.tooOld.count)
    for key in again.tooOld {
      retire(key, now)
      counters.retired += 1
    }
    for key in again.taken {
      taken.append(key)
      counters.reused += 1
    }
    if missing > 0 { make(max(Int64(missing), settings.generationBatch), now) }
    while taken.count < command.count {
      let key = stock.removeFirst()
      if isFresh(key, now) { taken.append(key) } else { lapse(key, now) }
    }
    if leases[lease.id] == nil, lease.id != 0 {
      leases[lease.id] = lease.new
      nextLease += 1
    }
    counters.allocated += Int64(taken.count)
    return GivenNumbers(
      numbers: taken.map { hand($0, to: command.caller, lease.id, now) }, lease: lease.id,
      expireTime: leases[lease.id].map { now.shown(at: $0.expires) }, low: warning(now))
  }

  private func lease(
    for command: AllocateCommand, _ now: Moment
  ) throws(Refusal) -> (id: Int64, new: Lease?) {
    var ttl = settings.defaultLease
    switch command.lease {
    case .poolDefault:
      if settings.leaseMode == .none { return (0, nil) }
    case .ttl(let wanted):
      guard settings.leaseMode == .leased else { throw .leasesOff }
      ttl = wanted
    case .existing(let id):
      guard settings.leaseMode == .leased else { throw .leasesOff }
      guard let lease = leases[id] else { throw .leaseNotFound }
      guard command.caller.mayAct(for: lease.caller) else { throw .leaseNotHeld }
      return (id, lease)
    }
    try check(ttl: ttl)
    try checkRoom()
    let new = Lease(
      caller: command.caller, ttl: ttl, expires: now.boot + ttl, isImplicit: true)
    return (nextLease, new)
  }

  /// Those in front of the line, as far as their quarantine is over.
  private func numbersThatGoAgain(
    _ count: Int, _ now: Moment
  ) -> (taken: [NumberKey], tooOld: [NumberKey]) {
    var (taken, tooOld): ([NumberKey], [NumberKey]) = ([], [])
    guard settings.reuse != .never else { return ([], []) }
    for waiting in line {
      guard taken.count < count, isOutOfQuarantine(waiting, now) else { break }
      if isFresh(waiting.number, now) {
        taken.append(waiting.number)
      } else {
        tooOld.append(waiting.number)
      }
    }
    return (taken, tooOld)
  }

  private mutating func hand(
    _ key: NumberKey, to caller: Caller, _ lease: Int64, _ now: Moment
  ) -> Allocation.Number {
    var generation: UInt32 = 1
    if case .ended(let before, _, _) = numbers[key]?.state { generation = before.generation + 1 }
    numbers[key]?.state = .live(
      Holding(generation: generation, caller: caller, lease: lease, allocated: now.wall))
    given.append(Given(number: text(key), generation: generation, caller: caller))
    noteBeginning(generation == 1 ? .allocated : .reused, of: key, now)
    return Allocation.Number(number: text(key), generation: generation)
  }

  private mutating func warning(_ now: Moment) -> LowSerials? {
    let view = view(now)
    let series = target(now).series
    guard view.isLow, lowTold != series else { return nil }
    lowTold = series
    return LowSerials(
      business: business, period: view.period, remaining: view.remainingInPeriod)
  }

  private mutating func retire(_ key: NumberKey, _ now: Moment) {
    guard
      case .ended(let holding, let time, .returned(let cause, _, let reason))? =
        numbers[key]?.state
    else { return }
    numbers[key]?.state = .ended(
      holding, at: time, .returned(cause, isRetired: true, reason: reason))
    noteRetirement(of: key, now)
  }

  mutating func lapse(_ key: NumberKey, _ now: Moment) {
    numbers[key]?.state = .lapsed
    noteRange(.lapsed, of: key, at: target(now).moment)
    counters.lapsed += 1
  }

  /// Puts the next numbers of the present series in stock, as many as there are.
  mutating func make(_ count: Int64, _ now: Moment) {
    let (series, moment) = target(now)
    for _ in 0..<min(count, serialsLeft(series)) {
      var key = series
      key.serial = last(of: series) + 1
      lastMade[series] = key.serial
      numbers[key] = Number(text: written(key, at: moment), made: moment, state: .inStock)
      byText[text(key)] = key
      noteRange(.generated, of: key, at: moment)
      stock.append(key)
      counters.generated += 1
      lastGenerated = moment
    }
  }

  func written(_ key: NumberKey, at moment: Int64) -> String {
    let form = forms[Int(key.edition)]
    return form.skeleton(at: moment).map { form.number($0, serial: key.serial, period: key.period) }
      ?? "?"
  }
}
