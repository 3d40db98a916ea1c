internal import API
internal import Messages

extension API.SerialState {
  init(_ state: SerialState) { self.init(rawValue: state.rawValue) }
}

extension ListNumberEventsResponse {
  init(_ page: LifePage, incarnation: UInt64) {
    self.init(
      events: page.events.map {
        API.NumberEvent($0.event, sequence: $0.sequence, incarnation: incarnation)
      },
      nextPageToken: page.hasMore ? page.events.last.map { "\($0.sequence)" } ?? "" : "",
      state: API.SerialState(page.state), olderEventsLeftOut: page.isOlderLeftOut)
  }
}

extension API.NumberEvent {
  init(_ event: NumberEvent, sequence: Int64, incarnation: UInt64) {
    self.init(
      kind: NumberEventKind(rawValue: Int32(event.kind.rawValue)), sequence: sequence,
      eventTime: ProtoTimestamp(microseconds: event.time),
      token: event.generation == 0
        ? nil : Token(incarnation: incarnation, generation: UInt64(event.generation)),
      holder: event.caller.holder, principal: event.caller.principal, leaseID: event.lease,
      expireTime: event.expires.map { ProtoTimestamp(microseconds: $0) },
      amount: event.currency.isEmpty
        ? nil : Money(currencyCode: event.currency, amountMinor: event.amountMinor),
      releaseReason: event.reason, retired: event.isRetired)
  }
}

extension GapPage.Place {
  /// From a token, or where the first page begins.
  init?(token: String) {
    if token.isEmpty {
      self.init(series: 0, serial: 1)
      return
    }
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let series = Int(parts[0]), let serial = Int64(parts[1]),
      (0..<Limits.templatesPerPool).contains(series), serial > 0, serial < .max
    else { return nil }
    self.init(series: series, serial: serial)
  }

  var token: String { "\(series).\(serial)" }
}

extension GetGapReportResponse {
  init(_ page: GapPage, period: String) {
    self.init(
      period: period,
      series: page.series.map { totals in
        API.SerialTotals(
          template: totals.template, lastSerial: totals.last, inStock: totals.inStock,
          live: totals.live, waiting: totals.waiting, completed: totals.completed,
          retired: totals.retired, lapsed: totals.lapsed,
          beforeStart: totals.beforeStart, skipped: totals.skipped)
      },
      runs: page.runs.map { series, run in
        API.SerialRun(
          series: Int32(series), firstSerial: run.first, lastSerial: run.last,
          state: API.SerialState(run.state))
      },
      nextPageToken: page.next?.token ?? "")
  }
}

extension SeriesUnit {
  init(_ unit: API.SeriesUnit) throws(Refusal) {
    switch unit {
    case .unspecified, .hour: self = .hour
    case .day: self = .day
    case .unrecognized: throw .unitUnknown
    }
  }

  /// The hours or days that a request names.
  func buckets(
    of request: ListCounterSeriesRequest, in zone: TimeZoneRules
  ) throws(Refusal) -> Range<Int64> {
    let start = try Self.microseconds(request.startTime, "start_time")
    let end = try Self.microseconds(request.endTime, "end_time")
    if let start, let end, end <= start { throw .timeInvalid(field: "end_time") }
    var first = start.map { bucket(at: $0, in: zone) } ?? Self.least
    // What begins with the end is left out, what it is in the midst of isn't.
    let last = end.map { bucket(at: $0 - 1, in: zone) } ?? Self.most
    if !request.pageToken.isEmpty {
      guard let token = Int64(request.pageToken), (first...max(first, last)).contains(token) else {
        throw .pageTokenInvalid
      }
      first = token
    }
    return first..<(last + 1)
  }

  /// Far from every hour and day there is.
  private static let least: Int64 = -1 << 40
  private static let most: Int64 = 1 << 40

  private static func microseconds(
    _ time: ProtoTimestamp?, _ field: String
  ) throws(Refusal) -> Int64? {
    guard let time else { return nil }
    // The range of `google/protobuf/timestamp.proto`.
    guard (-62_135_596_800...253_402_300_799).contains(time.seconds),
      (0...999_999_999).contains(time.nanos)
    else { throw .timeInvalid(field: field) }
    return time.seconds * Limits.second + Int64(time.nanos) / 1_000
  }
}

extension ListCounterSeriesResponse {
  init(_ page: SeriesPage, _ unit: SeriesUnit, _ scope: HistoryScope) {
    self.init(
      points: page.points.map { API.CounterPoint($0, unit, scope) },
      nextPageToken: page.next.map { "\($0)" } ?? "",
      oldestTime: page.oldest.map {
        ProtoTimestamp(microseconds: unit.start(of: $0, in: scope.zone))
      })
  }
}

extension API.CounterPoint {
  init(_ point: CounterPoint, _ unit: SeriesUnit, _ scope: HistoryScope) {
    let counters = point.counters
    self.init(
      startTime: ProtoTimestamp(microseconds: unit.start(of: point.bucket, in: scope.zone)),
      date: unit == .day
        ? SerialPeriod.daily.text(Int32(truncatingIfNeeded: point.bucket)) : "",
      running: point.bucket >= unit.bucket(at: scope.now, in: scope.zone),
      generated: counters.generated, allocated: counters.allocated,
      completed: counters.completed,
      completedAmounts: point.amounts.map {
        Money(currencyCode: $0.currency, amountMinor: $0.minor)
      },
      released: counters.released, expired: counters.expired, reused: counters.reused,
      lapsed: counters.lapsed, retired: counters.retired,
      imported: counters.imported)
  }
}
