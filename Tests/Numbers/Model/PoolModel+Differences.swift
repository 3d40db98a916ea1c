@testable import Numbers

extension PoolModel {
  /// How the server's pool differs, as far as its memory shows.
  func differences(
    from theirs: BookSnapshot.PoolLines, _ shown: StockView, _ now: Moment
  ) -> [String] {
    var found: [String] = []
    func compare<Value: Equatable>(_ what: String, _ theirs: Value, _ mine: Value) {
      if theirs != mine { found.append("\(business), \(what): \(theirs), expected \(mine)") }
    }
    compare("settings", theirs.settings, settings)
    for target in PoolSwitch.allCases {
      compare("stops of \(target)", theirs.stops[target].causes, stops[target, default: []])
    }
    compare("counters", theirs.counters, counters)
    compare("amounts", theirs.amounts, amounts)
    compare("last generated", theirs.lastGenerated, lastGenerated)
    compare("next lease", theirs.nextLease, nextLease)
    // The last of each is the event that tells of it: events are compared where lives are read.
    compare("line", theirs.returned.map { $0.dropLast() }, line.map { inLine($0)[...] })
    compare("leases", theirs.leases.mapValues { $0.withoutEvent }, leaseLines)
    for (series, counts) in theirs.counts { compare("\(series)", counts, self.counts(of: series)) }
    compare("locks", locks(theirs), lockLines)
    compare("stock", shown, view(now))
    return found
  }

  private func inLine(_ waiting: Waiting) -> [Int64] {
    guard let number = numbers[waiting.number], case .ended(let holding, _, _) = number.state else {
      return []
    }
    let key = waiting.number
    return [
      Int64(key.edition), Int64(key.period), key.serial, Int64(holding.generation), number.made,
      waiting.since,
    ]
  }

  private var leaseLines: [Int64: BookSnapshot.LeaseLine] {
    var lines: [Int64: BookSnapshot.LeaseLine] = [:]
    for (id, lease) in leases {
      lines[id] = BookSnapshot.LeaseLine(
        caller: lease.caller, ttl: lease.ttl, expires: lease.expires,
        count: Int64(held(under: id).count), isImplicit: lease.isImplicit,
        event: 0)
    }
    return lines
  }

  private var lockLines: [String: BookSnapshot.LockLine] {
    var lines: [String: BookSnapshot.LockLine] = [:]
    for number in numbers.values {
      guard case .live(let holding) = number.state else { continue }
      lines[number.text] = BookSnapshot.LockLine(
        generation: holding.generation, caller: holding.caller, lease: holding.lease,
        allocated: holding.allocated, generated: number.made, event: 0)
    }
    return lines
  }

  private func locks(_ theirs: BookSnapshot.PoolLines) -> [String: BookSnapshot.LockLine] {
    var lines: [String: BookSnapshot.LockLine] = [:]
    for (key, lock) in theirs.locks {
      var mine = key
      mine.pool = 0
      lines[text(mine)] = lock
      lines[text(mine)]?.event = 0
    }
    return lines
  }

  private func counts(of series: NumberKey) -> SeriesCounts {
    var counts = SeriesCounts()
    counts.skipped = Int64(
      skipped.count { $0.edition == series.edition && $0.period == series.period })
    for (key, number) in numbers where key.edition == series.edition && key.period == series.period
    {
      switch number.state {
      case .inStock, .live, .ended(_, _, .returned(_, isRetired: false, _)): break
      case .lapsed: counts.lapsed += 1
      case .ended(_, _, .completed): counts.completed += 1
      case .ended(_, _, .returned(_, isRetired: true, _)): counts.retired += 1
      }
    }
    return counts
  }

  /// What `GetLock` must show of every number, live or not.
  func lockViews(_ now: Moment) -> [String: LockView?] {
    var views: [String: LockView?] = [:]
    for number in numbers.values {
      let text = number.text
      switch number.state {
      case .inStock, .lapsed: views[text] = .some(nil)
      case .live(let holding):
        let expires = leases[holding.lease]?.expires
        views[text] = view(text, holding, .live(expireTime: expires.map { now.shown(at: $0) }))
      case .ended(let holding, let time, let end):
        views[text] = view(text, holding, .ended(time, end))
      }
    }
    return views
  }

  private func view(_ text: String, _ holding: Holding, _ state: LockView.State) -> LockView {
    LockView(
      number: text, generation: holding.generation, caller: holding.caller, lease: holding.lease,
      allocated: holding.allocated, state: state)
  }
}

extension BookSnapshot.LeaseLine {
  fileprivate var withoutEvent: Self {
    var line = self
    line.event = 0
    return line
  }
}
