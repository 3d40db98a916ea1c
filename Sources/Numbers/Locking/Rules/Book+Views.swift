/// The mark of a number as it is shown.
struct LockView: Sendable, Equatable {
  enum State: Sendable, Equatable {
    /// Wall clock, µs; nil without a lease.
    case live(expireTime: Int64?)
    case ended(Int64, EndedNumber.End)
  }

  var number: String
  var generation: UInt32
  var caller: Caller
  var lease: Int64
  /// Wall clock, µs.
  var allocated: Int64
  var state: State
  /// The sequence of the number's last event; 0: it isn't known.
  var event: Int64 = 0
}

/// What a pool has.
struct StockView: Sendable, Equatable {
  var remainingInPool: Int64 = 0
  var remainingInPeriod: Int64 = 0
  var live: Int64 = 0
  var quarantined: Int64 = 0
  var period = ""
  var isLow = false
  /// Wall clock, µs.
  var generated: Int64?
}

/// The counters of a pool as they are shown.
struct CounterView: Sendable, Equatable {
  var counters: Counters
  /// By currency, in the order of the codes.
  var amounts: [CompleteCommand.Amount]
  var stock: StockView
}

extension Book {
  /// The mark of a number, or what is kept of its end.
  func lock(
    _ business: String, number: String, at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> LockView {
    let pool = try pool(of: business)
    let located: (key: NumberKey, slot: Int32?)
    do throws(NumberProblem) {
      located = try locate(number, in: pool)
    } catch {
      throw .numberInvalid(0, error)
    }
    if let slot = located.slot, let lock = locks[slot] {
      let lease = leases[lock.lease]
      return LockView(
        number: number, generation: lock.generation, caller: callers[lock.caller],
        lease: lease?.id ?? 0, allocated: lock.allocated,
        state: .live(expireTime: lease.map { now.shown(at: $0.expires) }),
        event: lock.event(of: located.key.serial))
    }
    guard let ended = rows.endedNumber(located.key), shows(ended, number, located.key, in: pool)
    else { throw .numberUnknown(0) }
    return LockView(
      number: number, generation: ended.generation, caller: ended.caller, lease: ended.lease,
      allocated: ended.allocated, state: .ended(ended.ended, ended.end), event: ended.event)
  }

  /// What the pool has now, from what is counted as it changes: all calls wait for this one.
  func stock(of pool: Pool, at now: Moment) -> StockView {
    var view = StockView()
    view.live = pool.counters.live
    view.generated = pool.lastGenerated == .min ? nil : pool.lastGenerated
    guard let target = try? target(in: pool, at: now) else { return view }
    view.period = target.edition.form.period.text(target.period)
    view.remainingInPeriod = target.remaining
    view.isLow = isLow(target.remaining, target.edition.form)
    view.remainingInPool = freshStock(of: pool, target)
    guard pool.settings.reuse != .never else { return view }
    let line = freshLine(of: pool, target, at: now)
    view.remainingInPool += line.free
    view.quarantined = line.quarantined
    return view
  }

  /// Numbers in stock that may be handed out.
  private func freshStock(of pool: Pool, _ target: GenerationTarget) -> Int64 {
    guard pool.settings.maxAge != nil else { return target.series?.stockCount ?? 0 }
    // Templates and the moments of ranges only grow along the stock.
    let ranges = pool.stock.waiting
    let fresh = ranges.partitionPoint { !isFresh($0.series, $0.generated, in: pool, target) }
    guard fresh > ranges.startIndex, let last = ranges.last else { return pool.stockCount }
    return last.end - ranges[fresh - 1].end
  }

  /// Numbers in line that may be handed out now, or after their quarantine.
  private func freshLine(
    of pool: Pool, _ target: GenerationTarget, at now: Moment
  ) -> (free: Int64, quarantined: Int64) {
    if let maxAge = pool.settings.maxAge {
      return freshByAge(pool, target, maxAge: maxAge, at: now)
    }
    guard let returns = target.series?.returns.waiting else { return (0, 0) }
    let held = returns.partitionPoint { isOutOfQuarantine(returned: $0, in: pool, at: now) }
    return (Int64(held - returns.startIndex), Int64(returns.endIndex - held))
  }

  /// The same where numbers have an age of `maxAge` (µs) at most.
  private func freshByAge(
    _ pool: Pool, _ target: GenerationTarget, maxAge: Int64, at now: Moment
  ) -> (free: Int64, quarantined: Int64) {
    let line = pool.returned.waiting
    let first = pool.nextPlace - Int64(line.count)
    pool.returnedAges.forget(before: first, waiting: line.count)
    let held = line.partitionPoint { isOutOfQuarantine(returned: $0.returned, in: pool, at: now) }
    func count(_ part: ArraySlice<ReturnedNumber>) -> Int64 {
      pool.returnedAges.count(
        part, end: first + Int64(part.endIndex - line.startIndex), edition: target.edition.index,
        since: target.moment - maxAge, in: series)
    }
    return (count(line[..<held]), count(line[held...]))
  }

  /// What a pool has counted.
  func counter(_ business: String, at now: Moment) throws(Refusal) -> CounterView {
    let pool = try pool(of: business)
    let amounts = pool.amounts.sorted { $0.key < $1.key }
    return CounterView(
      counters: pool.counters,
      amounts: amounts.map { CompleteCommand.Amount(currency: $0.key, minor: $0.value) },
      stock: stock(of: pool, at: now))
  }
}
