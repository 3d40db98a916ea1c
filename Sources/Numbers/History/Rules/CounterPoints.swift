/// Whether a series is by hours or by days.
enum SeriesUnit: Int32, Sendable, CaseIterable {
  case hour = 1
  case day = 2
}

/// The hour (of UTC) and the day (of the pool's zone) that a pool counts in, both since the Unix
/// epoch.
struct CountingTime: Equatable, Sendable {
  var hour = Int64.min
  var day = Int64.min
  /// When to look again whether they are over: offsets of zones are whole minutes. Wall clock, µs.
  var look = Int64.min

  init() {}

  init(hour: Int64, day: Int64) {
    self.hour = hour
    self.day = day
  }

  /// What it is at a moment. A day never goes back, also where the pool moved to a zone to the west.
  func moved(to wall: Int64, in zone: TimeZoneRules) -> CountingTime {
    var next = CountingTime(
      hour: max(hour, floorDivide(wall, SeriesUnit.hourMicroseconds)),
      day: max(day, Int64(zone.civil(at: wall).daysSinceEpoch)))
    next.look = (floorDivide(wall, 60 * Limits.second) + 1) * 60 * Limits.second
    return next
  }
}

extension SeriesUnit {
  static let hourMicroseconds: Int64 = 3_600 * Limits.second

  /// The hour or day that a moment is in.
  func bucket(at wall: Int64, in zone: TimeZoneRules) -> Int64 {
    switch self {
    case .hour: floorDivide(wall, Self.hourMicroseconds)
    case .day: Int64(zone.civil(at: wall).daysSinceEpoch)
    }
  }

  /// When an hour or a day begins. Wall clock, µs.
  func start(of bucket: Int64, in zone: TimeZoneRules) -> Int64 {
    switch self {
    case .hour: bucket * Self.hourMicroseconds
    case .day: zone.second(of: CivilTime(daysSinceEpoch: Int(bucket))) * Limits.second
    }
  }

  /// How many are kept.
  var kept: Int64 { self == .hour ? Limits.hoursKept : Limits.daysKept }
}

/// What a pool had counted when an hour or a day began to count.
struct CounterMark: Equatable, Sendable {
  var bucket: Int64
  var counters = Counters()
  /// By currency.
  var amounts: [String: Int64] = [:]
}

/// What a pool counted in an hour or a day.
struct CounterPoint: Equatable, Sendable {
  var bucket: Int64
  var counters: Counters
  /// By currency, in the order of the codes.
  var amounts: [CompleteCommand.Amount]

  /// The difference of two marks.
  init(from start: CounterMark, to end: CounterMark) {
    bucket = start.bucket
    counters = end.counters - start.counters
    amounts = end.amounts.sorted { $0.key < $1.key }.compactMap { currency, sum in
      let minor = sum - (start.amounts[currency] ?? 0)
      return minor == 0 ? nil : CompleteCommand.Amount(currency: currency, minor: minor)
    }
  }

  /// Nothing was counted.
  var isEmpty: Bool { counters == Counters() && amounts.isEmpty }
}

extension Counters {
  fileprivate static func - (end: Counters, start: Counters) -> Counters {
    Counters(
      generated: end.generated - start.generated, allocated: end.allocated - start.allocated,
      completed: end.completed - start.completed, released: end.released - start.released,
      expired: end.expired - start.expired, reused: end.reused - start.reused,
      lapsed: end.lapsed - start.lapsed, retired: end.retired - start.retired,
      imported: end.imported - start.imported)
  }
}

extension Book {
  /// Marks what a pool has counted where a new hour or day begins, before it counts the first thing
  /// in it.
  func markTime(_ pool: Pool, at now: Moment, rows: any NumberRows) {
    guard now.wall >= pool.counting.look else { return }
    let before = pool.counting
    let next = before.moved(to: now.wall, in: pool.zone)
    undoLog.append(.other { pool.counting = before })
    pool.counting = next
    if next.hour > before.hour { rows.insertMark(.hour, next.hour, of: pool) }
    if next.day > before.day { rows.insertMark(.day, next.day, of: pool) }
  }
}
