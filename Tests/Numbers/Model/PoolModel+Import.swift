@testable import Numbers

extension PoolModel {
  /// Numbers of another system, and what their serials pass over.
  mutating func importNumbers(
    _ command: ImportCommand, _ now: Moment
  ) throws(Refusal) -> [ImportedNumber] {
    var numbers: [(key: NumberKey, made: Int64)] = []
    for (place, item) in command.items.enumerated() {
      let found = try find(item.number, place, now)
      guard !numbers.contains(where: { $0.key == found.key }) else { throw .numberTwice(place) }
      try checkFree(found.key, place)
      numbers.append(found)
    }
    let live = command.items.filter { $0.end == nil }
    guard counters.live + Int64(live.count) <= HistoryModel.limits.liveNumbersPerPool else {
      throw .liveNumbersExhausted(limit: HistoryModel.limits.liveNumbersPerPool)
    }
    let ttl = try ttl(of: command.lease)
    let holders = Set(live.map(\.caller))
    if ttl != nil, leases.count + holders.count > HistoryModel.limits.leasesPerPool {
      throw .leasesExhausted(limit: HistoryModel.limits.leasesPerPool)
    }

    for (key, _) in numbers { skip(to: key) }
    var new: [Caller: Int64] = [:]
    return zip(command.items, numbers).map { item, number in
      var lease: Int64 = 0
      if item.end == nil, let ttl {
        lease = new[item.caller] ?? open(ttl, item.caller, now)
        new[item.caller] = lease
      }
      take(item, number.key, number.made, lease, now)
      return ImportedNumber(
        lease: lease, expireTime: leases[lease].map { now.shown(at: $0.expires) })
    }
  }

  /// What a text is, and when it says that it was made.
  private func find(
    _ text: String, _ place: Int, _ now: Moment
  ) throws(Refusal) -> (key: NumberKey, made: Int64) {
    let (edition, parsed): (Int, ParsedNumber)
    do throws(NumberProblem) { (edition, parsed) = try forms.identify(text) } catch {
      throw .numberInvalid(place, error)
    }
    let latest = target(now).moment
    guard let made = forms[edition].moment(of: text, parsed, notAfter: latest) else {
      throw .importTimeUnknown(place)
    }
    guard made <= latest, parsed.period <= forms[edition].period(at: latest) else {
      throw .importInFuture(place)
    }
    let key = NumberKey(
      pool: 0, edition: Int32(edition), period: parsed.period, serial: parsed.serial)
    return (key, made)
  }

  private func checkFree(_ key: NumberKey, _ place: Int) throws(Refusal) {
    guard key.serial >= settings.startSerial else { throw .importTaken(place, .beforeStart) }
    guard key.serial <= last(of: series(key)), !skipped.contains(key) else { return }
    switch numbers[key]?.state {
    case .live: throw .importTaken(place, .live)
    case .ended(_, _, .completed): throw .importTaken(place, .completed)
    case .ended(_, _, .returned): throw .importTaken(place, .returned)
    case .inStock, .lapsed, nil: throw .importTaken(place, .made)
    }
  }

  /// Nil: without a lease.
  private func ttl(of choice: AllocateCommand.LeaseChoice) throws(Refusal) -> Int64? {
    guard settings.leaseMode == .leased else {
      if case .poolDefault = choice { return nil }
      throw .leasesOff
    }
    var ttl = settings.defaultLease
    if case .ttl(let wanted) = choice { ttl = wanted }
    try check(ttl: ttl)
    try checkRoom()
    return ttl
  }

  private mutating func open(_ ttl: Int64, _ caller: Caller, _ now: Moment) -> Int64 {
    let id = nextLease
    nextLease += 1
    leases[id] = Lease(caller: caller, ttl: ttl, expires: now.boot + ttl, isImplicit: true)
    return id
  }

  /// Serials up to this one are never made any more.
  private mutating func skip(to key: NumberKey) {
    let series = series(key)
    let next = last(of: series) + 1
    guard next <= key.serial else { return }
    for serial in next...key.serial {
      var passed = series
      passed.serial = serial
      skipped.insert(passed)
    }
    lastMade[series] = key.serial
  }

  private mutating func take(
    _ item: ImportCommand.Item, _ key: NumberKey, _ made: Int64, _ lease: Int64, _ now: Moment
  ) {
    skipped.remove(key)
    let holding = Holding(generation: 1, caller: item.caller, lease: lease, allocated: now.wall)
    numbers[key] = Number(text: item.number, made: made, state: .live(holding))
    byText[item.number] = key
    given.append(Given(number: item.number, generation: 1, caller: item.caller))
    counters.imported += 1
    noteBeginning(.imported, of: key, now)
    guard let end = item.end else { return }
    numbers[key]?.state = .ended(
      holding, at: now.wall,
      .completed(currency: end.amount?.currency ?? "", amountMinor: end.amount?.minor ?? 0))
    counters.completed += 1
    if let amount = end.amount { amounts[amount.currency, default: 0] += amount.minor }
    noteEnd(of: key, now)
  }
}
