internal import Numbers
public import Store

/// The ledgers of all businesses in the store's writer: what follows from them is loaded from the tables at
/// start and changed with each call; what they were made of is in the tables only.
public final class StockBook: WriterState {
  /// The name in the migration table.
  public static let capability = "stock"
  /// The tables.
  public static var migrations: [Migration] { StockSchema.migrations }

  var ledgers: [ExactText: Ledger] = [:]
  /// Of all businesses.
  var counts = StockCounts()
  /// No form of a window that ends at this time (µs) or before it can change any more; the newest end
  /// that was asked for.
  var sealed: Int64 = .min

  /// Reads the tables.
  public init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    try StockLoader(self, connection).load()
  }

  /// The ledger of a business, which may be a new one: see `keep`.
  func ledger(_ business: String) -> Ledger { ledgers[ExactText(business)] ?? Ledger() }

  /// Something is in the ledger: before, a refused call would leave it behind.
  func keep(_ ledger: Ledger, _ business: String, _ batch: Batch) {
    guard ledgers[ExactText(business)] == nil else { return }
    ledgers[ExactText(business)] = ledger
    batch.undo { [unowned self] in ledgers[ExactText(business)] = nil }
  }

  func setCounts(_ counts: StockCounts, _ batch: Batch) {
    let before = self.counts
    batch.undo { [unowned self] in self.counts = before }
    self.counts = counts
  }

  func write(_ ledger: Ledger, of business: String, _ batch: Batch) {
    batch.write(StockStatements.putLedger) { row in
      row.bind(business)
      row.bind(ledger.sequence)
      row.bind(ledger.policiesVersion)
    }
  }

  func write(_ good: Ledger.Good, _ name: String, of business: String, _ batch: Batch) {
    batch.write(StockStatements.putGood) { row in
      row.bind(business)
      row.bind(name)
      row.bind(good.sequence)
      row.bind(good.figures)
    }
  }

  /// Nothing that happens from now on belongs to a window that ends at `end`, also after a restart with a
  /// clock that was set back: what is written here has the batch's time kept.
  func seal(_ end: Int64, _ batch: Batch) throws(StockFailure) {
    guard end <= batch.now.microseconds else {
      let left = end - batch.now.microseconds
      throw .refused(.windowOpen(endsInSeconds: left / StockLimits.second + 1))
    }
    guard end > sealed else { return }
    let before = sealed
    batch.undo { [unowned self] in sealed = before }
    sealed = end
    batch.write(StockStatements.putSeal) { $0.bind(end) }
  }
}

/// What can end a command without an answer.
typealias StockFailure = StateFailure<StockRefusal>

/// What all businesses have together.
struct StockCounts: Sendable, Equatable {
  var goods = 0
  var open = 0
  var entries = 0
  var policyRows = 0
}

extension Row {
  mutating func bind(_ figures: StockFigures) {
    bind(figures.onHand)
    bind(figures.inTransit)
    bind(figures.reserved)
    bind(figures.shipped)
  }
}

extension StockFigures {
  /// From four columns, the first of which is given.
  init(_ row: borrowing ResultRow, at column: Int) {
    self.init(
      onHand: row.integer(column), inTransit: row.integer(column + 1),
      reserved: row.integer(column + 2), shipped: row.integer(column + 3))
  }
}
