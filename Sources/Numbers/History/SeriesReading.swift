internal import Store

/// A page of what a pool counted.
struct SeriesPage: Equatable, Sendable {
  var points: [CounterPoint] = []
  /// The hour or day from which the next page is.
  var next: Int64?
  /// The oldest hour or day that is kept.
  var oldest: Int64?
}

/// Reads what a pool counted, in one snapshot.
struct SeriesReading {
  let connection: ReadConnection
  let pool: Int64
  let unit: SeriesUnit

  /// A page of at most `count` points of the hours or days `first..<end`.
  func page(from first: Int64, to end: Int64, count: Int) throws(StoreError) -> SeriesPage {
    var page = SeriesPage()
    try connection.query(HistoryStatements.oldestMark, bind: { bind(&$0) }) { row in
      page.oldest = row.optionalInteger(0)
    }
    // One more for the end of the last.
    var marks = try marks(from: first, count: count + 1)
    let isMore = marks.count > count
    if !isMore { marks.append(try counted()) }
    for (start, end) in zip(marks, marks.dropFirst()) {
      page.points.append(CounterPoint(from: start, to: end))
    }
    let isCut = page.points.last.map { $0.bucket >= end } ?? false
    if isMore, !isCut { page.next = marks.last?.bucket }
    if let next = page.next, next >= end { page.next = nil }
    page.points.removeAll { $0.bucket >= end || $0.isEmpty }
    return page
  }

  private func marks(from first: Int64, count: Int) throws(StoreError) -> [CounterMark] {
    var marks: [CounterMark] = []
    try connection.query(
      HistoryStatements.marks,
      bind: { row in
        bind(&row)
        row.bind(first)
        row.bind(count)
      },
      { row in marks.append(CounterMark(bucket: row.integer(0), counters: Counters(row))) })
    guard let last = marks.last?.bucket else { return [] }
    var amounts: [Int64: [String: Int64]] = [:]
    try connection.query(
      HistoryStatements.markAmounts,
      bind: { row in
        bind(&row)
        row.bind(first)
        row.bind(last)
      },
      { row in amounts[row.integer(0), default: [:]][row.text(1)] = row.integer(2) })
    for index in marks.indices { marks[index].amounts = amounts[marks[index].bucket] ?? [:] }
    return marks
  }

  /// What the pool has counted up to now.
  private func counted() throws(StoreError) -> CounterMark {
    var mark = CounterMark(bucket: .max)
    try connection.query(HistoryStatements.counter, bind: { $0.bind(pool) }) { row in
      mark.counters = Counters(row)
    }
    try connection.query(HistoryStatements.amounts, bind: { $0.bind(pool) }) { row in
      mark.amounts[row.text(0)] = row.integer(1)
    }
    return mark
  }

  private func bind(_ row: inout Row) {
    row.bind(pool)
    row.bind(Int64(unit.rawValue))
  }
}

extension Counters {
  /// From the columns after the first.
  fileprivate init(_ row: borrowing ResultRow) {
    self.init(
      generated: row.integer(1), allocated: row.integer(2), completed: row.integer(3),
      released: row.integer(4), expired: row.integer(5), reused: row.integer(6),
      lapsed: row.integer(7), retired: row.integer(8), imported: row.integer(9))
  }
}
