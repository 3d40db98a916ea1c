internal import Store

/// Fills an empty book from the tables.
final class BookLoader {
  private let book: Book
  private let connection: ReadConnection
  private let zones: TimeZoneDatabase
  private var poolsByID: [Int64: Pool] = [:]

  init(_ book: Book, _ connection: ReadConnection, zones: TimeZoneDatabase) {
    self.book = book
    self.connection = connection
    self.zones = zones
  }

  func load() throws(StoreError) {
    let editions = try editionsByPool()
    try connection.query(NumberStatements.pools) { (row) throws(StoreError) in
      try addPool(row, editions[row.integer(0)] ?? [])
    }
    try connection.query(NumberStatements.stops) { (row) throws(StoreError) in
      try addStop(row)
    }
    try connection.query(NumberStatements.lastChanges) { (row) throws(StoreError) in
      try pool(row).nextChange = row.integer(1) + 1
    }
    try connection.query(NumberStatements.quotas) { (row) throws(StoreError) in
      try pool(row).quotas.set(
        Caller(principal: row.text(1), holder: row.text(2)), limit: row.integer(3))
    }
    try connection.query(NumberStatements.amounts) { (row) throws(StoreError) in
      try pool(row).amounts[row.text(1)] = row.integer(2)
    }
    try connection.query(NumberStatements.series) { (row) throws(StoreError) in
      try addSeries(row)
    }
    try connection.query(NumberStatements.ranges) { (row) throws(StoreError) in
      try addRange(row)
    }
    try connection.query(NumberStatements.leases) { (row) throws(StoreError) in
      try addLease(row)
    }
    try connection.query(NumberStatements.locks) { (row) throws(StoreError) in
      try addLock(row)
    }
    try connection.query(NumberStatements.returned) { (row) throws(StoreError) in
      try addReturned(row)
    }
    book.businesses = book.byBusiness.keys.sorted().map(\.text)
    for case let pool? in book.pools {
      book.grownEditions.append(contentsOf: pool.editions)
      book.fillLater(pool)
    }
    for case let pool? in book.pools {
      pool.firstEvent = try connection.head(of: NumberFeed.key(of: pool.business)) + 1
    }
    book.committed()
  }

  private struct StoredEdition {
    var template: String
    var timeZone: String
    var period: SerialPeriod
    var firstSerial: Int64
    var key: SerialPermutation.Key?
  }

  private func editionsByPool() throws(StoreError) -> [Int64: [StoredEdition]] {
    var editions: [Int64: [StoredEdition]] = [:]
    try connection.query(NumberStatements.editions) { (row) throws(StoreError) in
      guard let period = SerialPeriod(rawValue: row.small(4)),
        editions[row.integer(0), default: []].count == Int(row.integer(1))
      else { throw Self.damaged("a template of pool \(row.integer(0))") }
      editions[row.integer(0), default: []].append(
        StoredEdition(
          template: row.text(2), timeZone: row.text(3), period: period,
          firstSerial: row.integer(5), key: SerialPermutation.Key(row)))
    }
    return editions
  }

  private func addPool(
    _ row: borrowing ResultRow, _ stored: [StoredEdition]
  ) throws(StoreError) {
    let business = row.text(1)
    var editions: [Edition] = []
    for (index, edition) in stored.enumerated() {
      editions.append(Edition(index: Int32(index), form: try form(edition, of: business)))
    }
    guard let last = stored.last, let zone = editions.last?.form.zone,
      let reuse = ReusePolicy(rawValue: row.small(8)),
      let leaseMode = LeaseMode(rawValue: row.small(10))
    else { throw Self.damaged("the pool of \(business)") }
    var settings = PoolSettings(template: last.template)
    settings.timeZone = last.timeZone
    settings.period = last.period
    settings.startSerial = last.firstSerial
    settings.unguessable = last.key != nil
    settings.lowWatermark = row.integer(4)
    settings.highWatermark = row.integer(5)
    settings.generationBatch = row.integer(6)
    settings.maxAge = row.optionalInteger(7)
    settings.reuse = reuse
    settings.quarantine = row.integer(9)
    settings.leaseMode = leaseMode
    settings.minLease = row.integer(11)
    settings.maxLease = row.integer(12)
    settings.defaultLease = row.integer(13)
    settings.holderQuota = row.optionalInteger(24)
    settings.historyRetention = row.integer(26)
    let pool = Pool(
      index: Int32(book.pools.count), id: row.integer(0), business: business,
      created: row.integer(2), settings: settings, zone: zone, editions: editions)
    pool.updated = row.integer(3)
    pool.counting = CountingTime(
      hour: row.optionalInteger(27) ?? .min, day: row.optionalInteger(28) ?? .min)
    pool.counters = Counters(
      generated: row.integer(14), allocated: row.integer(15), completed: row.integer(16),
      released: row.integer(17), expired: row.integer(18), reused: row.integer(19),
      lapsed: row.integer(20), retired: row.integer(21), imported: row.integer(25))
    pool.nextLease = row.integer(22)
    pool.lastGenerated = row.optionalInteger(23) ?? .min
    book.pools.append(pool)
    book.byBusiness[ExactText(business)] = pool.index
    book.nextPool = max(book.nextPool, pool.id + 1)
    poolsByID[pool.id] = pool
  }

  private func form(
    _ edition: StoredEdition, of business: String
  ) throws(StoreError) -> NumberForm {
    let known: TimeZoneRules?
    do throws(Refusal) {
      known = try zones.zone(named: edition.timeZone)
    } catch {
      throw .failed("the time zone \(edition.timeZone) can't be read")
    }
    guard let zone = known else {
      throw .failed(
        "the time zone \(edition.timeZone) of the pool of \(business) "
          + trouble(with: edition.timeZone))
    }
    do throws(TemplateProblem) {
      let template = try NumberTemplate(parsing: edition.template, period: edition.period)
      return try NumberForm(
        business: business, template: template, period: edition.period, zone: zone,
        firstSerial: edition.firstSerial, key: edition.key)
    } catch {
      throw Self.damaged("a template of the pool of \(business)")
    }
  }

  /// Why a zone isn't known any more that was known when the pool got it, and what to do.
  private func trouble(with zone: String) -> String {
    guard zones.isName(zone) else {
      return "is none that this version takes, for it counts leap seconds or is known by this name "
        + "on this system only: serve the store with the version that took it"
    }
    return "isn't in this system's database: install the package tzdata"
  }

  private func addStop(_ row: borrowing ResultRow) throws(StoreError) {
    let pool = try pool(row)
    guard let target = PoolSwitch(rawValue: row.small(1)) else {
      throw Self.damaged("a stop of the pool of \(pool.business)")
    }
    _ = pool.stops[target].add(
      StopCause(
        warning: row.text(2), principal: row.text(3), reason: row.text(4), time: row.integer(5)))
  }

  private func addSeries(_ row: borrowing ResultRow) throws(StoreError) {
    let pool = try pool(row)
    let edition = try edition(row, of: pool)
    let series = Series(
      pool: pool.index, edition: edition.index, period: row.small(2), next: row.integer(3))
    series.counts = SeriesCounts(
      completed: row.integer(4), retired: row.integer(5), lapsed: row.integer(6),
      skipped: row.integer(7))
    series.index = book.series.insert(series)
    edition.series[series.period] = series.index
    edition.highestPeriod = max(edition.highestPeriod, series.period)
  }

  private func addRange(_ row: borrowing ResultRow) throws(StoreError) {
    let pool = try pool(row)
    let series = try series(row, of: pool)
    let range = StockRange(
      series: series.index, first: row.integer(3), next: row.integer(4), last: row.integer(5),
      generated: row.integer(6), event: row.integer(7))
    book.add(range, to: series, in: pool)
  }

  private func addLease(_ row: borrowing ResultRow) throws(StoreError) {
    let pool = try pool(row)
    let caller = book.callers.retain(Caller(principal: row.text(3), holder: row.text(2)))
    _ = book.insert(
      Lease(
        pool: pool.index, id: row.integer(1), caller: caller, ttl: row.integer(4),
        expires: row.integer(5), isImplicit: row.bool(6), isStored: true,
        event: row.integer(7)),
      in: pool)
    book.callers.release(caller)
    forgetUndo()
  }

  private func addLock(_ row: borrowing ResultRow) throws(StoreError) {
    let pool = try pool(row)
    let series = try series(row, of: pool)
    let caller = book.callers.retain(Caller(principal: row.text(8), holder: row.text(7)))
    let lease = row.integer(9)
    let count = row.integer(13)
    guard (1...Int64(Limits.numbersPerCall)).contains(count), count <= row.integer(3) else {
      throw Self.damaged("a run of \(count) numbers of \(pool.business)")
    }
    var leaseIndex = lease == 0 ? -1 : pool.leases[lease]
    if leaseIndex == nil {
      leaseIndex = book.insert(
        Lease(
          pool: pool.index, id: lease, caller: caller, ttl: row.integer(10),
          expires: row.integer(11), isImplicit: true, isStored: false),
        in: pool)
    }
    book.attach(
      Lock(
        series: series.index, lease: leaseIndex ?? -1, caller: caller,
        generation: UInt32(truncatingIfNeeded: row.integer(4)),
        first: row.integer(3) - count + 1, last: row.integer(3), allocated: row.integer(6),
        generated: row.integer(5), event: row.integer(12)),
      to: series)
    book.callers.release(caller)
    forgetUndo()
  }

  /// Nobody takes back what was read; notes of millions of rows would stay in memory for ever.
  private func forgetUndo() { book.undoLog.removeAll(keepingCapacity: true) }

  private func addReturned(_ row: borrowing ResultRow) throws(StoreError) {
    let pool = try pool(row)
    let series = try series(row, of: pool)
    pool.returned.append(
      ReturnedNumber(
        series: series.index, generation: UInt32(truncatingIfNeeded: row.integer(4)),
        serial: row.integer(3), generated: row.integer(5), returned: row.integer(6),
        event: row.integer(8)))
    pool.nextPlace = row.integer(7) + 1
    series.returns.append(row.integer(6))
    series.uses += 1
  }

  // Every row of a number begins with its pool, its template and its period.

  private func pool(_ row: borrowing ResultRow) throws(StoreError) -> Pool {
    guard let pool = poolsByID[row.integer(0)] else {
      throw Self.damaged("a row of pool \(row.integer(0)), which there isn't")
    }
    return pool
  }

  private func edition(_ row: borrowing ResultRow, of pool: Pool) throws(StoreError) -> Edition {
    let index = Int(row.integer(1))
    guard pool.editions.indices.contains(index) else {
      throw Self.damaged("a row of template \(index) of \(pool.business), which there isn't")
    }
    return pool.editions[index]
  }

  private func series(_ row: borrowing ResultRow, of pool: Pool) throws(StoreError) -> Series {
    guard let index = try edition(row, of: pool).series[row.small(2)],
      let series = book.series[index]
    else { throw Self.damaged("a number of \(pool.business) whose period isn't there") }
    return series
  }

  private static func damaged(_ what: String) -> StoreError {
    .corrupt("the order numbers' tables don't fit together: \(what)")
  }
}

extension SerialPermutation.Key {
  fileprivate init?(_ row: borrowing ResultRow) {
    guard let word0 = row.optionalInteger(6), let word1 = row.optionalInteger(7) else {
      return nil
    }
    self.init(word0: UInt64(bitPattern: word0), word1: UInt64(bitPattern: word1))
  }
}

extension ResultRow {
  /// A number of the kinds that never need 64 bits.
  fileprivate func small(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: integer(index)) }
}
