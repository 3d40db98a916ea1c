internal import Store

/// How many serials of a series are in which state.
struct SeriesTotals: Equatable, Sendable {
  var template: String
  var last: Int64
  var inStock: Int64
  var live: Int64
  var waiting: Int64
  var completed: Int64
  var retired: Int64
  var lapsed: Int64
  var skipped: Int64
  /// Below the serial that periods begin with.
  var beforeStart: Int64
}

/// A page of a gap report.
struct GapPage: Equatable, Sendable {
  /// Where a page begins.
  struct Place: Equatable, Sendable {
    var series: Int
    var serial: Int64
  }

  var series: [SeriesTotals] = []
  var runs: [(series: Int, run: SerialRun)] = []
  var next: Place?

  static func == (one: GapPage, other: GapPage) -> Bool {
    one.series == other.series && one.next == other.next
      && one.runs.elementsEqual(other.runs) { $0 == $1 }
  }
}

/// Reads what became of serials, in one snapshot.
struct GapReading {
  let connection: ReadConnection
  let scope: HistoryScope

  /// A page of at most `count` runs from a place on; nil where none of the series has made a number.
  func page(
    of wanted: [HistoryScope.Wanted], from place: GapPage.Place, count: Int
  ) throws(StoreError) -> GapPage? {
    var page = GapPage()
    var series: [(wanted: HistoryScope.Wanted, last: Int64)] = []
    for one in wanted {
      guard let totals = try totals(of: one), totals.last > totals.beforeStart else { continue }
      page.series.append(totals)
      series.append((one, totals.last))
    }
    guard !series.isEmpty else { return nil }
    // A page is of one series: the scan of it is what is bounded.
    guard series.indices.contains(place.series) else { return page }
    let (one, last) = series[place.series]
    if place.serial <= last {
      let (account, end) = try account(of: one, from: place.serial, to: last)
      let runs = account.prefix(count)
      page.runs = runs.map { (place.series, $0) }
      let told = runs.count < account.count ? runs.last?.last ?? end : end
      if told < last { page.next = GapPage.Place(series: place.series, serial: told + 1) }
    }
    if page.next == nil, place.series + 1 < series.count {
      page.next = GapPage.Place(series: place.series + 1, serial: 1)
    }
    return page
  }

  private func totals(of wanted: HistoryScope.Wanted) throws(StoreError) -> SeriesTotals? {
    let form = scope.forms[Int(wanted.edition)]
    var totals: SeriesTotals?
    try connection.query(HistoryStatements.series, bind: { bind(wanted, &$0) }) { row in
      totals = SeriesTotals(
        template: form.template.text, last: row.integer(0) - 1,
        inStock: row.integer(1), live: row.integer(2), waiting: row.integer(3),
        completed: row.integer(4), retired: row.integer(5), lapsed: row.integer(6),
        skipped: row.integer(7), beforeStart: form.firstSerial - 1)
    }
    return totals
  }

  /// The account of the serials from one on, as far as a bounded scan of each table comes.
  private func account(
    of wanted: HistoryScope.Wanted, from first: Int64, to last: Int64
  ) throws(StoreError) -> (runs: [SerialRun], end: Int64) {
    var runs = SerialRuns()
    var end = last
    runs.add(1, scope.forms[Int(wanted.edition)].firstSerial - 1, .beforeStart)
    // The range that begins before the first serial may reach over it.
    _ = try read(HistoryStatements.rangeBefore, wanted, first, limit: 1, &runs, Self.ofRange)
    _ = try read(HistoryStatements.skippedBefore, wanted, first, limit: 1, &runs) { _ in
      .skipped
    }
    let scans: [(Statement, (borrowing ResultRow) -> SerialState)] = [
      (HistoryStatements.ranges, Self.ofRange), (HistoryStatements.locks, { _ in .live }),
      (HistoryStatements.skipped, { _ in .skipped }),
      (HistoryStatements.completions, { _ in .completed }),
      (HistoryStatements.returns, Self.ofReturn),
    ]
    for (statement, state) in scans {
      let limit = Limits.rowsPerGapPage
      let scan = try read(statement, wanted, first, limit: limit, &runs, state)
      if scan.rows == limit { end = min(end, scan.last) }
    }
    let blocks = try readBlocks(wanted, first, &runs)
    if blocks.rows == Limits.blocksPerGapPage { end = min(end, blocks.last) }
    return (runs.account(of: first...max(first, end)), max(first, end))
  }

  private static func ofRange(_ row: borrowing ResultRow) -> SerialState {
    row.bool(2) ? .lapsed : .inStock
  }

  private static func ofReturn(_ row: borrowing ResultRow) -> SerialState {
    let cause = ReturnCause(rawValue: Int32(truncatingIfNeeded: row.integer(2)))
    return cause.map { SerialState(returned: $0, isRetired: row.bool(3)) } ?? .unaccounted
  }

  /// Reads the rows of a table, and says how many they were and how far they go.
  private func read(
    _ statement: Statement, _ wanted: HistoryScope.Wanted, _ first: Int64, limit: Int,
    _ runs: inout SerialRuns, _ state: (borrowing ResultRow) -> SerialState
  ) throws(StoreError) -> (rows: Int, last: Int64) {
    var rows = 0
    var last: Int64 = 0
    var found = runs
    try connection.query(
      statement,
      bind: { row in
        bind(wanted, &row)
        row.bind(first)
        row.bind(limit)
      },
      { row in
        rows += 1
        last = row.integer(1)
        found.add(row.integer(0), last, state(row))
      })
    runs = found
    return (rows, last)
  }

  private func readBlocks(
    _ wanted: HistoryScope.Wanted, _ first: Int64, _ runs: inout SerialRuns
  ) throws(StoreError) -> (rows: Int, last: Int64) {
    var rows = 0
    var last: Int64 = 0
    var found = runs
    try connection.query(
      HistoryStatements.blocks,
      bind: { row in
        bind(wanted, &row)
        row.bind(SettledBlock.number(of: first))
        row.bind(Limits.blocksPerGapPage)
      },
      { (row) throws(StoreError) in
        guard let block = SettledBlock(row.bytes(1)) else {
          throw .corrupt("a block of settled serials has another size")
        }
        rows += 1
        last = (row.integer(0) + 1) * SettledBlock.serials - 1
        block.add(row.integer(0), to: &found)
      })
    runs = found
    return (rows, last)
  }

  private func bind(_ wanted: HistoryScope.Wanted, _ row: inout Row) {
    row.bind(scope.pool)
    row.bind(Int64(wanted.edition))
    row.bind(Int64(wanted.period))
  }
}
