/// Where the generator makes a pool's next numbers.
struct GenerationTarget {
  var edition: Edition
  var period: Int32
  /// What the numbers' timestamps will show. Wall clock, µs.
  var moment: Int64
  /// Nil until the period's first number is made.
  var series: Series?
  /// Serials of the period that are not used yet.
  var remaining: Int64
}

extension Book {
  /// Where numbers made now would go.
  func target(in pool: Pool, at now: Moment) throws(Refusal) -> GenerationTarget {
    let edition = pool.editions[pool.editions.count - 1]
    let moment = pool.generationMoment(now)
    let period = edition.period(at: moment)
    let (first, last) = (edition.form.firstSerial, edition.form.lastSerial)
    if let series = present(edition, period) {
      return GenerationTarget(
        edition: edition, period: period, moment: moment, series: series,
        remaining: last - series.next + 1)
    }
    // A period that isn't in memory and isn't new has serials that were used: never start it again.
    guard period > edition.highestPeriod else {
      throw .periodClosed(period: edition.form.period.text(period))
    }
    return GenerationTarget(
      edition: edition, period: period, moment: moment, series: nil,
      remaining: last - first + 1)
  }

  private func present(_ edition: Edition, _ period: Int32) -> Series? {
    if let series = edition.present, series.period == period { return series }
    guard let index = edition.series[period], let series = series[index] else { return nil }
    edition.present = series
    return series
  }

  /// What is to be told of a period that has few serials left, the first time that it is noticed.
  func warning(of target: GenerationTarget, in pool: Pool) -> LowSerials? {
    let form = target.edition.form
    // The series may have been begun since by what it is told of.
    let series = target.series ?? present(target.edition, target.period)
    let remaining = series.map { form.lastSerial - $0.next + 1 } ?? target.remaining
    let told = NumberKey(
      pool: pool.id, edition: target.edition.index, period: target.period, serial: 0)
    guard isLow(remaining, form), pool.lowTold != told else { return nil }
    let before = pool.lowTold
    undoLog.append(.other { pool.lowTold = before })
    pool.lowTold = told
    return LowSerials(
      business: pool.business, period: form.period.text(target.period), remaining: remaining)
  }

  func isLow(_ remaining: Int64, _ form: NumberForm) -> Bool {
    remaining <= form.lastSerial / Limits.lowSerialsShare
  }

  /// Whether the template can show the moment of a target.
  func checkShown(_ target: GenerationTarget) throws(Refusal) {
    guard target.edition.skeleton(at: target.moment) != nil else { throw .yearNotShown }
  }

  /// Makes numbers, as many as are asked for or the period still has, and puts them in stock.
  func generate(
    _ count: Int64, in pool: Pool, _ target: GenerationTarget, rows: any NumberRows
  ) {
    let series = target.series ?? open(target, in: pool)
    let count = min(count, target.edition.form.lastSerial - series.next + 1)
    guard count > 0 else { return }
    let range = StockRange(
      series: series.index, first: series.next, next: series.next, last: series.next + count - 1,
      generated: target.moment,
      event: recordRange(
        .generated, series, series.next...(series.next + count - 1), generated: target.moment,
        after: 0, in: pool, at: target.moment))
    undoLog.append(.seriesAdvanced(series, next: series.next))
    series.next += count
    write(series)
    add(range, to: series, in: pool)
    undoLog.append(.rangeAdded(pool, range))
    pool.counters.generated += count
    pool.lastGenerated = target.moment
    rows.insertRange(range, of: series, in: pool)
  }

  /// The series of a new period. It stays if the call is undone: it is then one without numbers.
  private func open(_ target: GenerationTarget, in pool: Pool) -> Series {
    let edition = target.edition
    if let index = edition.series[target.period], let series = series[index] { return series }
    let new = Series(
      pool: pool.index, edition: edition.index, period: target.period,
      next: edition.form.firstSerial)
    new.index = series.insert(new)
    edition.series[target.period] = new.index
    edition.highestPeriod = max(edition.highestPeriod, target.period)
    grownEditions.append(edition)
    return new
  }

  /// Whether a number made at `generated` may be handed out by a pool whose next would be made at
  /// `target`.
  func isFresh(
    _ index: Int32, _ generated: Int64, in pool: Pool, _ target: GenerationTarget
  ) -> Bool {
    guard let series = series[index], series.edition == target.edition.index else { return false }
    if let maxAge = pool.settings.maxAge { return target.moment - generated <= maxAge }
    return series.period == target.period
  }

  /// Puts a range behind the others of its pool.
  func add(_ range: StockRange, to series: Series, in pool: Pool) {
    range.end = (pool.stock.waiting.last?.end ?? 0) + range.count
    pool.stock.append(range)
    count(range.count, of: range.series, in: pool)
    series.uses += 1
  }

  /// Counts numbers that came into the stock of a pool, or left it.
  func count(_ change: Int64, of index: Int32, in pool: Pool) {
    pool.stockCount += change
    series[index]?.stockCount += change
  }

  /// Takes the next `count` serials of a range.
  func use(_ range: StockRange, _ count: Int64, in pool: Pool) {
    undoLog.append(.rangeUsed(pool, range, next: range.next))
    range.next += count
    self.count(-count, of: range.series, in: pool)
    if !range.isDirty {
      range.isDirty = true
      dirtyRanges.append(range)
    }
  }

  /// Notes that what is left of a range is never handed out.
  func lapse(
    _ range: StockRange, _ series: Series, in pool: Pool, _ target: GenerationTarget,
    rows: any NumberRows
  ) {
    guard range.count > 0 else { return }
    let event = recordRange(
      .lapsed, series, range.next...range.last, generated: range.generated, after: range.event,
      in: pool, at: target.moment)
    pool.counters.lapsed += range.count
    touch(series)
    series.counts.lapsed += range.count
    rows.lapseRange(range, of: series, in: pool, event: event)
  }

  /// Takes the first ranges out of the stock: they are used up, or lapsed.
  func takeRanges(_ count: Int, in pool: Pool) {
    guard count > 0 else { return }
    for offset in 0..<count {
      let range = pool.stock[offset]
      self.count(-range.count, of: range.series, in: pool)
      series[range.series]?.uses -= 1
    }
    pool.stock.takeFirst(count)
    undoLog.append(.rangesTaken(pool, count))
  }

  /// Puts the pool on the list of those that the generator fills, if its stock is low and the
  /// generator isn't stopped.
  func fillLater(_ pool: Pool) {
    guard pool.stockCount < pool.settings.lowWatermark, !pool.isWaitingForFill,
      !pool.stops.generation.isOff
    else { return }
    pool.isWaitingForFill = true
    poolsToFill.append(pool)
  }

  /// The generator's turn: fills one pool up to its high watermark, a few ranges at a time.
  func fillNextPool(at now: Moment, rows: any NumberRows) {
    guard let pool = poolsToFill.last else { return }
    // A pool that can't be filled now says why when it is asked for more than it has.
    if contains(pool), !pool.stops.generation.isOff, let target = try? target(in: pool, at: now),
      target.remaining > 0,
      (try? checkShown(target)) != nil
    {
      touch(pool, at: now, rows: rows)
      dropStale(in: pool, target, rows: rows)
      var ranges = 0
      while missing(in: pool) > 0 {
        if ranges == Limits.rangesPerWake { return }
        let before = pool.stockCount
        let count = min(pool.settings.generationBatch, missing(in: pool))
        generate(count, in: pool, target, rows: rows)
        if pool.stockCount == before { break }
        ranges += 1
      }
    }
    poolsToFill.removeLast()
    pool.isWaitingForFill = false
    undoLog.append(.other { [unowned self] in fillLater(pool) })
  }

  private func missing(in pool: Pool) -> Int64 { pool.settings.highWatermark - pool.stockCount }

  /// Lapses the ranges in front that are too old.
  private func dropStale(in pool: Pool, _ target: GenerationTarget, rows: any NumberRows) {
    var count = 0
    while count < pool.stock.count {
      let range = pool.stock[count]
      guard !isFresh(range.series, range.generated, in: pool, target),
        let series = series[range.series]
      else { break }
      lapse(range, series, in: pool, target, rows: rows)
      count += 1
    }
    takeRanges(count, in: pool)
  }
}
