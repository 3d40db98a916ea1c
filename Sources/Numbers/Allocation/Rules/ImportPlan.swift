/// What an import will do, found out before anything is changed.
struct ImportPlan {
  struct Number {
    var key: NumberKey
    /// What its timestamp shows. Wall clock, µs.
    var generated: Int64
  }

  /// What becomes of one series.
  struct PlannedSeries {
    let edition: Int32
    let period: Int32
    let next: Int64
    let counts: SeriesCounts
    /// Serials that aren't made yet.
    var ahead: [Int64] = []
    /// Serials taken out of runs that were skipped before.
    var taken: [SkippedRun: [Int64]] = [:]
  }

  private struct SeriesKey: Hashable {
    var edition: Int32
    var period: Int32
  }

  private let pool: Pool
  private(set) var numbers: [Number] = []
  private var planned: [SeriesKey: PlannedSeries] = [:]
  private var seen: Set<NumberKey> = []
  private var sums: AmountSums
  /// Numbers that will be live, and their holders.
  private(set) var live: Int64 = 0
  private(set) var holders: Set<Caller> = []

  init(_ pool: Pool) {
    self.pool = pool
    sums = AmountSums(pool.amounts)
  }

  /// What becomes of each series, in an order that doesn't depend on chance.
  var series: [PlannedSeries] {
    planned.values.sorted { ($0.edition, $0.period) < ($1.edition, $1.period) }
  }

  /// Adds the number at `place` of the call, or says why it can't be taken over.
  mutating func add(
    _ item: ImportCommand.Item, place: Int, book: Book, at now: Moment, rows: any NumberRows
  ) throws(Refusal) {
    try check(item.caller, place: place)
    let found: (edition: Edition, parsed: ParsedNumber)
    do throws(NumberProblem) {
      found = try book.identify(item.number, in: pool)
    } catch {
      throw .numberInvalid(place, error)
    }
    let (edition, parsed) = found
    let key = NumberKey(
      pool: pool.id, edition: edition.index, period: parsed.period, serial: parsed.serial)
    guard seen.insert(key).inserted else { throw .numberTwice(place) }
    let latest = pool.generationMoment(now)
    guard let moment = edition.form.moment(of: item.number, parsed, notAfter: latest) else {
      throw .importTimeUnknown(place)
    }
    guard moment <= latest, parsed.period <= edition.period(at: latest) else {
      throw .importInFuture(place)
    }
    try note(key, in: edition, place: place, book: book, rows: rows)
    if let end = item.end {
      try sums.add(end.amount, place: place)
    } else {
      live += 1
      holders.insert(item.caller)
    }
    numbers.append(Number(key: key, generated: moment))
  }

  private func check(_ caller: Caller, place: Int) throws(Refusal) {
    guard (1...Limits.holderBytes).contains(caller.holder.utf8.count) else {
      throw .importHolderInvalid(place)
    }
    guard caller.principal.utf8.count <= Limits.principalBytes else {
      throw .importPrincipalInvalid(place)
    }
  }

  /// Notes where a serial comes from, or refuses one that is taken.
  private mutating func note(
    _ key: NumberKey, in edition: Edition, place: Int, book: Book, rows: any NumberRows
  ) throws(Refusal) {
    guard key.serial >= edition.form.firstSerial else {
      throw .importTaken(place, .beforeStart)
    }
    let name = SeriesKey(edition: key.edition, period: key.period)
    let inMemory = edition.series[key.period].flatMap { book.series[$0] }
    var series =
      planned[name] ?? inMemory.map { PlannedSeries($0) } ?? rows.series(of: key)
      ?? PlannedSeries(
        edition: key.edition, period: key.period, next: edition.form.firstSerial,
        counts: SeriesCounts())
    if key.serial >= series.next {
      series.ahead.append(key.serial)
    } else {
      if inMemory?.live[key.serial] != nil { throw .importTaken(place, .live) }
      if let ended = rows.endedNumber(key) {
        if case .completed = ended.end { throw .importTaken(place, .completed) }
        throw .importTaken(place, .returned)
      }
      guard let run = rows.skippedRun(around: key) else { throw .importTaken(place, .made) }
      series.taken[run, default: []].append(key.serial)
    }
    planned[name] = series
  }
}

extension ImportPlan.PlannedSeries {
  init(_ series: Series) {
    self.init(
      edition: series.edition, period: series.period, next: series.next, counts: series.counts)
  }
}

extension NumberForm {
  /// The moment that a number of this form shows, the rest at its beginning (wall clock, µs): where
  /// it doesn't show the year, the latest one up to `latest` of the last years. Nil where no moment
  /// shows it, as in an hour that clocks skipped.
  func moment(of text: String, _ parsed: ParsedNumber, notAfter latest: Int64) -> Int64? {
    guard var civil = parsed.civil, let pattern = template.timestamp else { return latest }
    func moment(_ civil: CivilTime) -> Int64? {
      let moment = zone.second(of: civil) * 1_000_000 + Int64(civil.millisecond) * 1_000
      guard let skeleton = skeleton(at: moment),
        matches(text, skeleton, serial: parsed.serial, period: parsed.period)
      else { return nil }
      return moment
    }
    if pattern.shows(.yearly) { return moment(civil) }
    let year = zone.civil(at: latest).year
    for back in 0...Limits.yearsWithoutOne {
      civil.year = year - back
      if let moment = moment(civil), moment <= latest { return moment }
    }
    return nil
  }
}
