/// All pools, numbers and leases of the store, decided here and nowhere else. It is confined to the
/// thread of the store's writer.
///
/// Each call checks everything first, and refuses before it has changed anything. Its changes are
/// noted in `undoLog`: the store undoes them in reverse where the transaction fails, and forgets
/// them once it is committed.
final class Book {
  /// A change, with what undoes it.
  enum Change {
    case lockInserted(Int32)
    case lockRemoved(Int32, Lock)
    case lockCut(Int32, first: Int64, last: Int64)
    case leaseInserted(Int32)
    case leaseRemoved(Int32, Lease)
    case leaseChanged(Int32, Lease)
    case rangeAdded(Pool, StockRange)
    case rangeUsed(Pool, StockRange, next: Int64)
    case rangesTaken(Pool, Int)
    case returnedAdded(Pool, Series)
    case returnedTaken(Pool, Int)
    case seriesAdvanced(Series, next: Int64)
    case seriesCounted(Series, SeriesCounts)
    case recorded(Pool, PoolEvents.Mark)
    case counted(Pool, Counters, lastGenerated: Int64, nextLease: Int64)
    case amount(Pool, String, Int64?)
    case other(() -> Void)
  }

  let incarnation: UInt64
  /// Those of the calls, which bring them: timed work takes nothing on.
  var limits: CapacityLimits
  var pools: [Pool?] = []
  var byBusiness: [ExactText: Int32] = [:]
  /// The keys of `byBusiness` in the order of their bytes, so that a page of them is a slice.
  var businesses: [String] = []
  var nextPool: Int64 = 1
  var series = Slab<Series>()
  var locks = Slab<Lock>()
  var leases = LeaseTable()
  /// Numbers handed out since leases were last looked at, those of calls taken back included.
  var handedSinceExpiry = 0
  var callers = CallerTable()
  var undoLog: [Change] = []
  /// Pools with rows to write before the commit.
  var dirtyPools: [Pool] = []
  /// Series whose rows are to be written before the commit: the next serial, or how many numbers
  /// are in which state.
  var dirtySeries: [Series] = []
  var dirtyRanges: [StockRange] = []
  /// Series of which numbers were taken off the line.
  var takenSeries: [Series] = []
  /// Pools whose stock is below the low watermark.
  var poolsToFill: [Pool] = []
  /// Templates that got a new period, and may have old ones to forget.
  var grownEditions: [Edition] = []

  /// Makes the key of a template whose serials can't be guessed.
  let newKey: () -> SerialPermutation.Key

  init(
    incarnation: UInt64, limits: CapacityLimits = CapacityLimits(),
    newKey: @escaping () -> SerialPermutation.Key = SerialPermutation.Key.random
  ) {
    self.incarnation = incarnation
    self.limits = limits
    self.newKey = newKey
  }

  func pool(of business: String) throws(Refusal) -> Pool {
    guard let index = byBusiness[ExactText(business)], let pool = pools[Int(index)] else {
      throw isBusiness(business) ? .poolNotFound : .businessInvalid
    }
    return pool
  }

  /// Notes the counters and the events before the first change of a call, and that the counters' row
  /// is to be written.
  func touch(_ pool: Pool, at now: Moment, rows: any NumberRows) {
    undoLog.append(
      .counted(
        pool, pool.counters, lastGenerated: pool.lastGenerated, nextLease: pool.nextLease))
    undoLog.append(.recorded(pool, pool.events.mark))
    if !pool.isDirty {
      pool.isDirty = true
      dirtyPools.append(pool)
    }
    markTime(pool, at: now, rows: rows)
  }

  /// Notes the counts of a series before they change, and that its row is to be written.
  func touch(_ series: Series) {
    undoLog.append(.seriesCounted(series, series.counts))
    write(series)
  }

  /// Notes that the row of a series is to be written.
  func write(_ series: Series) {
    if !series.isDirty {
      series.isDirty = true
      dirtySeries.append(series)
    }
  }

  func key(_ series: Series, _ serial: Int64) -> NumberKey {
    NumberKey(
      pool: pools[Int(series.pool)]?.id ?? 0, edition: series.edition, period: series.period,
      serial: serial)
  }
}

extension Book {
  /// Whether a pool is one of the book's, and not of a call that was taken back.
  func contains(_ pool: Pool) -> Bool { pools[Int(pool.index)] === pool }
}
