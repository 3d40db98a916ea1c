/// The yearly rule at the end of a zone's file, in the notation of POSIX's TZ variable: a standard
/// offset and, in most zones that have such a rule, when daylight saving time begins and ends.
struct DaylightRule: Sendable, Equatable {
  /// A day of the year.
  enum Day: Sendable, Equatable {
    /// The day of the week (0 Sunday) in a month's first to fifth (5: last) week.
    case weekday(month: Int, week: Int, day: Int)
    /// The day from 1 to 365; February 29th is never counted.
    case julian(Int)
    /// The day from 0 to 365; February 29th is counted.
    case ordinal(Int)
  }

  /// A local time on a day of the year.
  struct Change: Sendable, Equatable {
    var day: Day
    /// Seconds after the day's midnight; may lie outside the day.
    var second: Int
  }

  /// Daylight saving time.
  struct Daylight: Sendable, Equatable {
    var offset: Int
    var start: Change
    var end: Change
  }

  var standardOffset: Int
  var daylight: Daylight?

  /// Seconds east of UTC at `second` seconds after the Unix epoch.
  func offset(at second: Int64) -> Int {
    guard let daylight else { return standardOffset }
    let year = CivilTime(
      microseconds: second * 1_000_000, offsetSeconds: standardOffset
    ).year
    let start = daylight.start.second(in: year) - Int64(standardOffset)
    let end = daylight.end.second(in: year) - Int64(daylight.offset)
    // South of the equator it begins late in one year and ends early in the next.
    let isDaylight =
      start < end ? second >= start && second < end : second >= start || second < end
    return isDaylight ? daylight.offset : standardOffset
  }
}

extension DaylightRule.Change {
  /// The local second of the change in `year`, counted from 1970-01-01 00:00:00.
  func second(in year: Int) -> Int64 {
    let january = CivilTime(year: year, month: 1, day: 1).daysSinceEpoch
    let leap = CivilTime(year: year, month: 12, day: 31).dayOfYear == 366
    let days: Int
    switch day {
    case .weekday(let month, let week, let weekday):
      let first = CivilTime(year: year, month: month, day: 1).daysSinceEpoch
      let length =
        CivilTime(
          year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1
        ).daysSinceEpoch - first
      // 1970-01-01 was a Thursday.
      let firstWeekday = ((first + 4) % 7 + 7) % 7
      var dayOfMonth = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
      if dayOfMonth >= length { dayOfMonth -= 7 }
      days = first + dayOfMonth
    case .julian(let number):
      days = january + number - 1 + (leap && number >= 60 ? 1 : 0)
    case .ordinal(let number):
      days = january + number
    }
    return Int64(days) * 86_400 + Int64(second)
  }
}
