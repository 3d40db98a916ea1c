internal import API
internal import Numbers
public import Store

/// What is remembered of pools: demand, for forecasts, and counters of the last minute, for rates.
struct PoolLooks: Sendable {
  var demand: [String: DemandHistory] = [:]
  /// Pools that nothing was allocated from yet: when they were looked at, wall clock, µs.
  var idle: [String: Int64] = [:]
  var counts: [String: [PoolCounts]] = [:]
  /// When demand was written last, and computed values were recorded last; the clock nobody sets.
  var kept: [String: Int64] = [:]
  var recorded: [String: Int64] = [:]
  /// The business that was looked at last.
  var position = ""
  var due: Int64

  init(opened boot: Int64) { due = boot }
}

/// Counters of a pool at a time, µs of the clock that nobody sets.
struct PoolCounts: Sendable, Equatable {
  var time: Int64
  var allocated, completed, released, expired: Int64
}

extension WarningBook {
  /// Looks at the next pools: for their demand once a minute, for rules every second.
  func lookAtPools(_ batch: Batch) throws(StoreError) {
    let boot = batch.boot.microseconds
    guard boot >= looks.due, let numbers = numbers(batch) else { return }
    let businesses = numbers.businesses(batch)
    let first = businesses.partitionPoint { $0 <= looks.position }
    var seen = 0
    var figuresRead = 0
    var place = first
    while place < businesses.count, seen < WarningLimits.poolsPerWake,
      figuresRead < WarningLimits.figuresPerWake
    {
      if try look(at: businesses[place], numbers, batch) { figuresRead += 1 }
      seen += 1
      place += 1
    }
    let isRoundDone = place >= businesses.count
    set(\.looks.position, isRoundDone ? "" : businesses[place - 1], batch)
    set(\.looks.due, boot + WarningLimits.lookEvery, batch)
  }

  /// False if nothing was to be looked at.
  private func look(
    at business: String, _ numbers: NumberState, _ batch: Batch
  ) throws(StoreError) -> Bool {
    let now = batch.now.microseconds
    let last = looks.demand[business]?.last?.time ?? looks.idle[business] ?? .min / 2
    let isDemandDue = now - last >= ForecastLimits.minute
    let watching = (ruleNames[ExactText(business)] ?? []).filter {
      rules[RuleKey(business: business, name: $0)]?.rule.kind.isReported == false
    }
    guard isDemandDue || !watching.isEmpty,
      let figures = numbers.figures(of: business, batch)
    else { return false }
    if isDemandDue { noteDemand(figures, batch) }
    if !watching.isEmpty { try compute(figures, for: watching, batch) }
    return true
  }

  private func noteDemand(_ figures: PoolFigures, _ batch: Batch) {
    let business = figures.business
    // A pool that nothing was ever allocated from needs little memory.
    guard figures.allocated > 0 || looks.demand[business] != nil else {
      put(\.looks.idle, business, batch.now.microseconds, batch)
      return
    }
    var history = looks.demand[business] ?? DemandHistory()
    if let idle = looks.idle[business] {
      history.look(0, at: idle)
      put(\.looks.idle, business, nil, batch)
    }
    // What was handed out again wasn't taken from the stock of new numbers.
    history.look(figures.allocated - figures.reused, at: batch.now.microseconds)
    put(\.looks.demand, business, history, batch)
    let boot = batch.boot.microseconds
    guard boot - (looks.kept[business] ?? .min / 2) >= WarningLimits.keepDemandEvery,
      history.hasDemand
    else { return }
    put(\.looks.kept, business, boot, batch)
    batch.write(WarningStatements.putDemand) { row in
      row.bind(business)
      row.bind(history.bytes)
    }
  }

  private func compute(
    _ figures: PoolFigures, for names: [String], _ batch: Batch
  ) throws(StoreError) {
    let business = figures.business
    let boot = batch.boot.microseconds
    let rates = noteCounts(figures, batch)
    let records = boot - (looks.recorded[business] ?? .min / 2) >= WarningLimits.recordEvery
    var recorded: Set<SignalKind> = []
    for name in names {
      let key = RuleKey(business: business, name: name)
      guard let kind = rules[key]?.rule.kind,
        let value = value(of: kind, figures, rates, batch)
      else { continue }
      if records, recorded.insert(kind).inserted {
        record(business, kind, "", value, at: batch.now.microseconds, batch)
      }
      var outcome = ReportOutcome()
      do throws(WarningFailure) {
        try hear(key, value, source: "", at: boot, batch, &outcome)
      } catch {
        if case .store(let error) = error { throw error }
      }
    }
    if !recorded.isEmpty { put(\.looks.recorded, business, boot, batch) }
  }

  /// The counters now, and the oldest of the last minute.
  private func noteCounts(_ figures: PoolFigures, _ batch: Batch) -> (PoolCounts, PoolCounts)? {
    let now = PoolCounts(
      time: batch.boot.microseconds, allocated: figures.allocated, completed: figures.completed,
      released: figures.released, expired: figures.expired)
    var counts = looks.counts[figures.business] ?? []
    if now.time - (counts.last?.time ?? .min / 2) >= WarningLimits.rateLooks {
      counts.removeAll { $0.time < now.time - WarningLimits.rateWindow }
      counts.append(now)
      put(\.looks.counts, figures.business, counts, batch)
    }
    guard let oldest = counts.first, now.time - oldest.time >= WarningLimits.leastRateWindow else {
      return nil
    }
    return (oldest, now)
  }

  private func value(
    of kind: SignalKind, _ figures: PoolFigures, _ rates: (old: PoolCounts, new: PoolCounts)?,
    _ batch: Batch
  ) -> Double? {
    func rate(_ path: KeyPath<PoolCounts, Int64>) -> Double? {
      rates.map {
        Double($0.new[keyPath: path] - $0.old[keyPath: path]) * Double(ForecastLimits.minute)
          / Double($0.new.time - $0.old.time)
      }
    }
    switch kind {
    case .allocateRate: return rate(\.allocated)
    case .completeRate: return rate(\.completed)
    case .releaseRate: return rate(\.released)
    case .expireRate: return rate(\.expired)
    case .remainingInPool: return Double(figures.remainingInPool)
    case .remainingInPeriod: return Double(figures.remainingInPeriod)
    case .stockExhaustion: return seconds(figures.remainingInPool, figures.business, batch)
    case .periodExhaustion:
      return seconds(
        figures.remainingInPool + figures.remainingInPeriod, figures.business, batch)
    // Told by who counts them.
    case .quarantinedOrders, .ordersAwaitingGoods, .ordersBeyondBound: return nil
    case .goodsSupply, .transportCapacity, .pageTraffic, .businessExecution, .advertisingStrength,
      .advertisingVolume, .emergency, .searchRank, .networkHeat:
      return nil
    }
  }

  private func seconds(_ stock: Int64, _ business: String, _ batch: Batch) -> Double? {
    switch forecast(of: stock, business, batch).outlook {
    case .unknown: return nil
    case .lasts: return Double(ForecastLimits.farthest / ForecastLimits.second)
    case .exhausted(let after): return Double(after) / Double(ForecastLimits.second)
    }
  }

  /// When so many numbers of a business will be used up.
  func forecast(of stock: Int64, _ business: String, _ batch: Batch) -> Forecast {
    looks.demand[business]?.forecast(of: stock, at: batch.now.microseconds) ?? Forecast()
  }

  /// When the stock of a business is used up if nothing is made from now on; nil: not known, or not
  /// within a month.
  public func runDryTime(of business: String, _ batch: Batch) -> Timestamp? {
    guard let figures = numbers(batch)?.figures(of: business, batch),
      case .exhausted(let after) = forecast(of: figures.remainingInPool, business, batch).outlook
    else { return nil }
    return batch.now + .microseconds(after)
  }
}

extension Array {
  /// The first place whose element doesn't fulfil `isBefore`, where those that do come first.
  fileprivate func partitionPoint(_ isBefore: (Element) -> Bool) -> Int {
    var (start, count) = (0, count)
    while count > 0 {
      let middle = start + count / 2
      if isBefore(self[middle]) {
        start = middle + 1
        count -= count / 2 + 1
      } else {
        count /= 2
      }
    }
    return start
  }
}
