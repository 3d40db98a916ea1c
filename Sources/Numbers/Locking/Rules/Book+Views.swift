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
        state: .live(expireTime: lease.map { now.shown(at: $0.expires) }))
    }
    guard let ended = rows.endedNumber(located.key), shows(ended, number, located.key, in: pool)
    else { throw .numberUnknown(0) }
    return LockView(
      number: number, generation: ended.generation, caller: ended.caller, lease: ended.lease,
      allocated: ended.allocated, state: .ended(ended.ended, ended.end))
  }

  /// What the pool has now. It looks at every range and every returned number.
  func stock(of pool: Pool, at now: Moment) -> StockView {
    var view = StockView()
    view.live = pool.counters.live
    view.generated = pool.lastGenerated == .min ? nil : pool.lastGenerated
    guard let target = try? target(in: pool, at: now) else { return view }
    view.period = target.edition.form.period.text(target.period)
    view.remainingInPeriod = target.remaining
    view.isLow = isLow(target.remaining, target.edition.form)
    for range in pool.stock.waiting
    where isFresh(range.series, range.generated, in: pool, target) {
      view.remainingInPool += range.count
    }
    guard pool.settings.reuse != .never else { return view }
    for number in pool.returned.waiting
    where isFresh(number.series, number.generated, in: pool, target) {
      if isOutOfQuarantine(number, in: pool, at: now) {
        view.remainingInPool += 1
      } else {
        view.quarantined += 1
      }
    }
    return view
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
