import Store

@testable import Numbers

/// What the past says that is read, beside what the model remembers.
extension LifeHistory {
  mutating func historyDifferences() async throws -> [String] {
    let scope = try await book.look { book, now in try? book.scope(of: "shop", at: now) }
    guard let scope else { return ["there is no pool"] }
    var states: [NumberKey: SerialState] = [:]
    var found: [String] = []
    for (number, life) in model.lives.sorted(by: { $0.key < $1.key }) {
      guard let (edition, parsed) = try? scope.forms.identify(number) else { return [number] }
      let page = try await book.store.read { (connection) throws(StoreError) in
        try LifeReading(connection: connection, scope: scope).page(
          of: number, edition: edition, serial: parsed, after: 0, count: 10_000)
      }
      guard let page else {
        found.append("\(number) isn't known")
        continue
      }
      found += differences(of: number, page, life, now: scope.now)
      let key = NumberKey(
        pool: scope.pool, edition: Int32(edition), period: parsed.period, serial: parsed.serial)
      states[key] = page.state
      if page.events.isEmpty { forgotten += 1 }
    }
    return found + (try await accountDifferences(scope, states))
      + (try await seriesDifferences(scope))
  }

  private func differences(
    of number: String, _ page: LifePage, _ life: [LifeLine], now: Int64
  ) -> [String] {
    var found: [String] = []
    let read = page.events.map { LifeLine($0.event) }
    var expected = life
    // The model doesn't know when a number in line is passed over.
    let isRetired = [.retiredAfterRelease, .retiredAfterExpiry].contains(page.state)
    if isRetired, kind != .printed {
      expected.append(LifeLine(.retired, generation: model.numbers[number]?.generation ?? 0))
    }
    let left = expected.count - read.count
    if left < 0 || Array(expected.suffix(read.count)) != read {
      found.append("\(number): \(read), expected \(expected)")
    } else if page.isOlderLeftOut == (left == 0) {
      found.append("\(number): \(left) left out, said \(page.isOlderLeftOut)")
    } else {
      let retention = kind.settings.historyRetention
      for line in expected.prefix(left) where line.wall ?? .min >= now - retention {
        found.append("\(number): \(line) is forgotten too early")
      }
    }
    if !isExpected(page.state, of: number) {
      found.append("\(number) is \(page.state), and \(String(describing: model.numbers[number]))")
    }
    return found
  }

  private func isExpected(_ state: SerialState, of number: String) -> Bool {
    switch model.numbers[number]?.state {
    case nil: false
    case .live: state == .live
    case .completed: state == .completed
    case .returned(_, let byRelease):
      switch state {
      case .waiting: kind != .printed
      case .retiredAfterRelease: byRelease && kind != .counting || templates > 0 && byRelease
      case .retiredAfterExpiry: !byRelease && (kind != .counting || templates > 0)
      default: false
      }
    }
  }

  /// Reads the reports of all series, in pages of any size.
  private mutating func accountDifferences(
    _ scope: HistoryScope, _ states: [NumberKey: SerialState]
  ) async throws -> [String] {
    let wanted = try await book.store.read { (connection) throws(StoreError) in
      var wanted: [HistoryScope.Wanted] = []
      try connection.query(NumberStatements.series) { row in
        wanted.append(
          HistoryScope.Wanted(
            edition: Int32(row.integer(1)), period: Int32(row.integer(2))))
      }
      return wanted
    }
    var found: [String] = []
    var sums = Counters()
    for one in wanted {
      guard let (totals, runs) = try await report(of: one, scope) else { continue }
      let account = SerialAccount(totals, runs)
      found += account.contradictions.map { "\(one): \($0)" }
      for (serial, state) in account.states {
        let key = NumberKey(
          pool: scope.pool, edition: one.edition, period: one.period, serial: serial)
        let isRight = states[key].map { $0 == state } ?? [.inStock, .lapsed].contains(state)
        if !isRight { found.append("\(key): \(state), not \(String(describing: states[key]))") }
      }
      sums.generated += totals.last
      sums.lapsed += totals.lapsed
      sums.retired += totals.retired
      sums.completed += totals.completed
    }
    let counters = try await book.look { book, _ in book.pools[0]?.counters ?? Counters() }
    if [sums.lapsed, sums.retired, sums.completed]
      != [counters.lapsed, counters.retired, counters.completed]
    {
      found.append("the reports add up to \(sums), the counters are \(counters)")
    }
    return found
  }

  private mutating func report(
    of wanted: HistoryScope.Wanted, _ scope: HistoryScope
  ) async throws -> (SeriesTotals, [SerialRun])? {
    var runs: [SerialRun] = []
    var place: GapPage.Place? = GapPage.Place(series: 0, serial: 1)
    var totals: SeriesTotals?
    while let from = place {
      let count = Int.random(in: 1...20, using: &random)
      let page = try await book.store.read { (connection) throws(StoreError) in
        try GapReading(connection: connection, scope: scope).page(
          of: [wanted], from: from, count: count)
      }
      guard let page else { return nil }
      runs += page.runs.map(\.run)
      totals = page.series.first
      place = page.next
    }
    return totals.map { ($0, runs) }
  }

  /// All hours and all days add up to what was counted.
  private mutating func seriesDifferences(_ scope: HistoryScope) async throws -> [String] {
    var found: [String] = []
    for unit in SeriesUnit.allCases {
      let size = Int.random(in: 1...10, using: &random)
      let (points, counters) = try await book.store.read { (connection) throws(StoreError) in
        var points: [CounterPoint] = []
        var next: Int64? = -1 << 40
        while let from = next {
          let page = try SeriesReading(connection: connection, pool: scope.pool, unit: unit)
            .page(from: from, to: 1 << 40, count: size)
          points += page.points
          next = page.next
        }
        var counters = Counters()
        try connection.query(HistoryStatements.counter, bind: { $0.bind(scope.pool) }) { row in
          counters.allocated = row.integer(2)
          counters.completed = row.integer(3)
        }
        return (points, counters)
      }
      let allocated = points.reduce(0) { $0 + $1.counters.allocated }
      let completed = points.reduce(0) { $0 + $1.counters.completed }
      let amount = points.reduce(0) { $0 + $1.amounts.reduce(0) { $0 + $1.minor } }
      if [allocated, completed, amount] != [counters.allocated, counters.completed, model.amount] {
        found.append("\(unit)s add up to \(allocated), \(completed), \(amount)")
      }
      if points.map(\.bucket) != Set(points.map(\.bucket)).sorted() {
        found.append("\(unit)s aren't in order")
      }
    }
    return found
  }
}

/// A report taken at its word.
struct SerialAccount {
  private(set) var states: [Int64: SerialState] = [:]
  private(set) var contradictions: [String] = []

  init(_ totals: SeriesTotals, _ runs: [SerialRun]) {
    var next: Int64 = 1
    for run in runs {
      if run.first != next { contradictions.append("a run from \(run.first), not \(next)") }
      for serial in run.first...max(run.first, run.last) { states[serial] = run.state }
      next = run.last + 1
    }
    if next != totals.last + 1 { contradictions.append("told to \(next), not \(totals.last)") }
    func count(_ wanted: SerialState...) -> Int64 {
      Int64(states.values.count { wanted.contains($0) })
    }
    let counted = [
      count(.inStock), count(.live), count(.waiting), count(.completed),
      count(.retiredAfterRelease, .retiredAfterExpiry), count(.lapsed), count(.skipped),
      count(.unaccounted),
    ]
    let told = [
      totals.inStock, totals.live, totals.waiting, totals.completed, totals.retired,
      totals.lapsed, totals.skipped, 0,
    ]
    if counted != told { contradictions.append("counted \(counted), told \(told)") }
  }
}
