/// What had come into queues and left them at moments of the last minute, so that rates can be told. Nothing of
/// it is kept over a restart.
///
///     the looks of the last minute    the rate is what went since          for
///     none                            –                                    nothing went
///     the first of all                it                                   the time since it, 1 s at least
///     behind one before the minute,   the first of them                    the time since it, 1 s at least
///     soon after it
///     behind one long before          the first of them                    the minute: nothing went between
struct FlowHistory: Sendable {
  /// Since the start.
  struct Totals: Sendable, Equatable {
    var came = 0
    var left = 0
  }

  /// At one moment.
  struct Look: Sendable, Equatable {
    /// Boot time, µs.
    var time: Int64
    /// The first sequence of the layout of the lanes: another layout has other lanes.
    var layout: Int64 = 0
    var lanes: [Totals] = []
    /// By the unit's id. Who isn't there was made later.
    var units: [Int32: Totals] = [:]
  }

  /// From where a rate is counted, and for how long, µs.
  struct Base: Sendable, Equatable {
    var look: Look
    var span: Int64

    func rate(_ now: Totals, since before: Totals) -> Rate {
      let seconds = Double(span) / 1_000_000
      return Rate(
        came: Double(max(0, now.came - before.came)) / seconds,
        left: Double(max(0, now.left - before.left)) / seconds)
    }
  }

  /// A second.
  struct Rate: Sendable, Equatable {
    var came = 0.0
    var left = 0.0
  }

  static let every: Int64 = 5_000_000
  static let window: Int64 = 60_000_000
  private static let shortest: Int64 = 1_000_000
  private(set) var looks: [Look] = []

  /// Whether a change at `now` is to be preceded by a look.
  func isDue(at now: Int64) -> Bool { looks.last.map { now - $0.time >= Self.every } ?? true }

  /// A look from before a change.
  mutating func append(_ look: Look) {
    looks.append(look)
    // The last before the minute stays, as it tells how long nothing changed.
    while looks.count > 1, looks[1].time < look.time - Self.window { looks.removeFirst() }
  }

  func base(at now: Int64) -> Base? {
    guard let index = looks.firstIndex(where: { $0.time >= now - Self.window }) else { return nil }
    let look = looks[index]
    if index > 0, look.time - looks[index - 1].time > 2 * Self.every {
      return Base(look: look, span: Self.window)
    }
    return Base(look: look, span: max(now - look.time, Self.shortest))
  }
}

extension FlowHistory {
  /// Of the lanes of now.
  func laneRates(_ now: Look) -> [Rate] {
    let base = base(at: now.time)
    return now.lanes.enumerated().map { lane, totals in
      guard let base else { return Rate() }
      let isSame = base.look.layout == now.layout && base.look.lanes.indices.contains(lane)
      return base.rate(totals, since: isSame ? base.look.lanes[lane] : Totals())
    }
  }

  func rate(ofUnit id: Int32, _ now: Look) -> Rate {
    guard let base = base(at: now.time), let totals = now.units[id] else { return Rate() }
    return base.rate(totals, since: base.look.units[id] ?? Totals())
  }
}

extension Intake {
  /// What has come and gone until now.
  func look(at now: Int64) -> FlowHistory.Look {
    FlowHistory.Look(
      time: now, layout: layouts[0].from, lanes: layouts[0].lanes.map(\.totals),
      units: Dictionary(uniqueKeysWithValues: units.values.map { ($0.id, $0.totals) }))
  }
}

extension OrderLine {
  var totals: FlowHistory.Totals { FlowHistory.Totals(came: appended, left: appended - count) }
}

extension ForwardUnit {
  var totals: FlowHistory.Totals { FlowHistory.Totals(came: arrived, left: arrived - depth) }
}
