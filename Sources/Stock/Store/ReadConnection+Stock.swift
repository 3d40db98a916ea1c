internal import Store

/// A good as the tables have it.
struct StoredGood: Sendable, Equatable {
  var name: String
  /// Its newest entry; 0: none.
  var sequence: Int64
  var figures: StockFigures
}

/// A policy and the version that brought it.
struct StoredPolicy: Sendable, Equatable {
  var version: Int64
  var policy: ReplenishmentPolicy
}

/// An entry as the tables have it.
struct StoredEntry: Sendable, Equatable {
  /// When it was recorded, µs.
  var time: Int64
  var entry: StockEntry
  var principal: String
}

/// A good's newest entry at some time, and its figures behind it.
struct NewestEntry: Sendable, Equatable {
  var place: ExplanationToken.Place
  var figures: StockFigures
}

extension ReadConnection {
  func good(_ business: String, _ name: String) throws(StoreError) -> StoredGood? {
    var good: StoredGood?
    try query(
      StockStatements.good,
      bind: { row in
        row.bind(business)
        row.bind(name)
      },
      { good = StoredGood($0) })
    return good
  }

  func goods(
    of business: String, after name: String, limit: Int
  ) throws(StoreError) -> [StoredGood] {
    var goods: [StoredGood] = []
    try query(
      StockStatements.goodsAfter,
      bind: { row in
        row.bind(business)
        row.bind(name)
        row.bind(limit)
      },
      { goods.append(StoredGood($0)) })
    return goods
  }

  /// The policy of a good in a version of the policies.
  func policy(
    _ business: String, _ good: String, version: Int64 = .max
  ) throws(StoreError) -> StoredPolicy? {
    var found: StoredPolicy?
    try query(
      StockStatements.policyAt,
      bind: { row in
        row.bind(business)
        row.bind(good)
        row.bind(version)
      },
      { row in
        guard !row.bool(1) else { return }
        found = StoredPolicy(
          version: row.integer(0), policy: ReplenishmentPolicy(row, at: 2))
      })
    return found
  }

  /// The newest entry of a good before a time, and the figures behind it.
  func entry(
    of good: String, _ business: String, before time: Int64
  ) throws(StoreError) -> NewestEntry? {
    var found: NewestEntry?
    try query(
      StockStatements.entryBefore,
      bind: { row in
        row.bind(business)
        row.bind(good)
        row.bind(time)
      },
      { row in
        found = NewestEntry(
          place: .init(time: row.integer(0), sequence: row.integer(1)),
          figures: StockFigures(row, at: 2))
      })
    return found
  }

  /// Entries of a good before one place, not before a time, the newest first.
  func entries(
    of good: String, _ business: String, from start: Int64, before place: ExplanationToken.Place,
    limit: Int
  ) throws(StoreError) -> [StoredEntry] {
    var entries: [StoredEntry] = []
    try query(
      StockStatements.entriesBefore,
      bind: { row in
        row.bind(business)
        row.bind(good)
        row.bind(start)
        row.bind(place.time)
        row.bind(place.sequence)
        row.bind(limit)
      },
      { (row) throws(StoreError) in
        guard let kind = MoveKind(rawValue: Int32(truncatingIfNeeded: row.integer(2))) else {
          throw .corrupt("the kind of an entry of \(business)")
        }
        let move = StockMove(
          id: row.text(5), good: good, kind: kind, quantity: row.integer(3),
          reference: row.text(4))
        let entry = StockEntry(
          sequence: row.integer(1), move: move, change: StockFigures(row, at: 7),
          after: StockFigures(row, at: 11))
        entries.append(
          StoredEntry(time: row.integer(0), entry: entry, principal: row.text(6)))
      })
    return entries
  }

  func open(
    _ business: String, _ good: String, _ kind: OpenKind, after reference: String, limit: Int
  ) throws(StoreError) -> [(reference: String, quantity: Int64)] {
    var open: [(reference: String, quantity: Int64)] = []
    try query(
      StockStatements.openAfter,
      bind: { row in
        row.bind(business)
        row.bind(good)
        row.bind(kind.rawValue)
        row.bind(reference)
        row.bind(limit)
      },
      { open.append((reference: $0.text(0), quantity: $0.integer(1))) })
    return open
  }

  /// The newest number in a table of a business's numbers before a time; 0: none.
  func newest(
    _ statement: Statement, of business: String, before time: Int64
  ) throws(StoreError) -> Int64 {
    var newest: Int64 = 0
    try query(
      statement,
      bind: { row in
        row.bind(business)
        row.bind(time)
      },
      { newest = $0.integer(0) })
    return newest
  }
}

extension StoredGood {
  fileprivate init(_ row: borrowing ResultRow) {
    self.init(name: row.text(0), sequence: row.integer(1), figures: StockFigures(row, at: 2))
  }
}
