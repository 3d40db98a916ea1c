internal import Store

/// Fills an empty book from the tables.
struct StockLoader {
  private let book: StockBook
  private let connection: ReadConnection

  init(_ book: StockBook, _ connection: ReadConnection) {
    self.book = book
    self.connection = connection
  }

  func load() throws(StoreError) {
    try connection.query(StockStatements.seal) { book.sealed = $0.integer(0) }
    try connection.query(StockStatements.ledgers) { row in
      let ledger = Ledger()
      ledger.sequence = row.integer(1)
      ledger.policiesVersion = row.integer(2)
      book.ledgers[ExactText(row.text(0))] = ledger
      book.counts.entries += Int(ledger.sequence)
    }
    try connection.query(StockStatements.goods) { (row) throws(StoreError) in
      try ledger(row.text(0)).goods[ExactText(row.text(1))] = Ledger.Good(
        figures: StockFigures(row, at: 3), sequence: row.integer(2))
      book.counts.goods += 1
    }
    try connection.query(StockStatements.open) { (row) throws(StoreError) in
      guard let kind = OpenKind(rawValue: Int32(truncatingIfNeeded: row.integer(2))) else {
        throw .corrupt("what is open of \(row.text(0))")
      }
      let key = Ledger.OpenKey(good: row.text(1), kind: kind, reference: row.text(3))
      try ledger(row.text(0)).open[key] = row.integer(4)
      book.counts.open += 1
    }
    // In the order of their versions, so that the newest stays.
    try connection.query(StockStatements.policies) { (row) throws(StoreError) in
      let policy = row.bool(3) ? nil : ReplenishmentPolicy(row, at: 4)
      try ledger(row.text(0)).goods[ExactText(row.text(1))]?.policy = policy
      book.counts.policyRows += 1
    }
  }

  private func ledger(_ business: String) throws(StoreError) -> Ledger {
    guard let ledger = book.ledgers[ExactText(business)] else {
      throw .corrupt("the ledger of \(business)")
    }
    return ledger
  }
}

extension ReplenishmentPolicy {
  /// From four columns, the first of which is given.
  init(_ row: borrowing ResultRow, at column: Int) {
    self.init(
      reorderPoint: row.integer(column), target: row.integer(column + 1),
      packSize: row.integer(column + 2), leadSeconds: row.integer(column + 3))
  }
}
