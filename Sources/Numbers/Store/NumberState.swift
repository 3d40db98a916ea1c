public import Store

/// The book in the store's writer: loaded from the tables at start, its changes written with each
/// batch, its timed work done when it is due.
public final class NumberState: WriterState {
  /// The name in the migration table.
  public static let capability = "numbers"
  /// The tables.
  public static var migrations: [Migration] { NumberSchema.migrations }

  let book: Book
  private let pruner: NumberPruner
  /// Used for one call after another: an object of its own for each costs as much as its rows.
  private var rows: StoredRows?

  /// Reads the tables.
  public init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    book = Book(incarnation: store.incarnation)
    pruner = NumberPruner(opened: store.boot)
    try BookLoader(book, connection, zones: .system).load()
  }

  /// Lets the book decide a call that changes something; undone if the transaction fails.
  func change<Value>(
    _ batch: Batch, _ limits: CapacityLimits,
    _ decide: (Book, Moment, StoredRows) throws(Refusal) -> Value
  ) throws(StoreError) -> Result<Value, Refusal> {
    book.limits = limits
    batch.undo(book, to: book.undoLog.count)
    return try ask(batch, decide)
  }

  /// Lets the book answer a question.
  func ask<Value>(
    _ batch: Batch, _ decide: (Book, Moment, StoredRows) throws(Refusal) -> Value
  ) throws(StoreError) -> Result<Value, Refusal> {
    let rows = rows(of: batch)
    do throws(Refusal) {
      return .success(try decide(book, Moment(batch), rows))
    } catch {
      // Without an answer of the store the book takes a number for unknown.
      if let failure = rows.failure { throw failure }
      return .failure(error)
    }
  }

  private func rows(of batch: Batch) -> StoredRows {
    if let rows, rows.batch === batch {
      rows.begin()
      return rows
    }
    let made = StoredRows(batch)
    rows = made
    return made
  }

  /// Writes the rows that are written once a batch.
  public func willCommit(_ batch: Batch) {
    for pool in book.dirtyPools where book.contains(pool) {
      writeCounters(of: pool, batch)
      NumberFeed.append(pool, batch)
    }
    for series in book.dirtySeries {
      guard let pool = book.pools[Int(series.pool)] else { continue }
      batch.write(NumberStatements.putSeries) { row in
        row.bind(pool.id)
        row.bind(Int64(series.edition))
        row.bind(Int64(series.period))
        row.bind(series.next)
        row.bind(series.counts.completed)
        row.bind(series.counts.retired)
        row.bind(series.counts.lapsed)
        row.bind(series.counts.skipped)
        row.bind(series.stockCount)
        row.bind(Int64(series.live.count))
        row.bind(Int64(series.returns.count))
      }
    }
    for range in book.dirtyRanges { writeRange(range, batch) }
  }

  private func writeCounters(of pool: Pool, _ batch: Batch) {
    let counters = pool.counters
    batch.write(NumberStatements.putCounter) { row in
      row.bind(pool.id)
      row.bind(counters.generated)
      row.bind(counters.allocated)
      row.bind(counters.completed)
      row.bind(counters.released)
      row.bind(counters.expired)
      row.bind(counters.reused)
      row.bind(counters.lapsed)
      row.bind(counters.retired)
      row.bind(pool.nextLease)
      row.bind(pool.lastGenerated == .min ? nil : pool.lastGenerated)
      row.bind(counters.imported)
    }
    for currency in pool.dirtyAmounts {
      // A currency that is dirty and has no sum was only in calls that were taken back.
      guard let amount = pool.amounts[currency] else { continue }
      batch.write(NumberStatements.putAmount) { row in
        row.bind(pool.id)
        row.bind(currency)
        row.bind(amount)
      }
    }
  }

  private func writeRange(_ range: StockRange, _ batch: Batch) {
    guard let series = book.series[range.series], let pool = book.pools[Int(series.pool)] else {
      return
    }
    let isUsedUp = range.count == 0
    batch.write(isUsedUp ? NumberStatements.deleteRange : NumberStatements.advanceRange) { row in
      row.bind(pool.id)
      row.bind(Int64(series.edition))
      row.bind(Int64(series.period))
      row.bind(range.first)
      if !isUsedUp { row.bind(range.next) }
    }
  }

  /// Forgets how to undo what is durable.
  public func didCommit() { book.committed() }

  /// When the next lease runs out or old rows are due, or at once while a pool is to be filled.
  public var nextWake: BootTime? {
    if !book.poolsToFill.isEmpty { return BootTime(microseconds: .min / 2) }
    let expiry = book.leases.earliest.map { BootTime(microseconds: $0.expires) }
    return min(expiry ?? pruner.due, pruner.due)
  }

  /// Returns the numbers of leases that ran out, makes numbers for pools that have few, and deletes
  /// what is kept no longer.
  public func wake(_ batch: Batch) throws(StoreError) {
    _ = try change(batch, book.limits) { book, now, rows in
      book.expire(at: now, rows: rows)
      book.fillNextPool(at: now, rows: rows)
    }
    try pruner.prune(batch)
  }
}

extension Book: UndoLog {}

extension Moment {
  init(_ batch: Batch) {
    self.init(
      wall: batch.now.microseconds, boot: batch.boot.microseconds,
      behind: batch.now.microseconds - batch.wall.microseconds)
  }
}
