/// A date and time of day as a calendar on the wall shows it (proleptic Gregorian).
struct CivilTime: Equatable {
  var year: Int
  var month: Int
  var day: Int
  var hour = 0
  var minute = 0
  var second = 0
  var millisecond = 0

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The civil time `offsetSeconds` east of UTC at `microseconds` since the Unix epoch.
  init(microseconds: Int64, offsetSeconds: Int) {
    let local = microseconds + Int64(offsetSeconds) * 1_000_000
    let days = floorDivide(local, 86_400_000_000)
    let inDay = local - days * 86_400_000_000
    self.init(daysSinceEpoch: Int(days))
    hour = Int(inDay / 3_600_000_000)
    minute = Int(inDay / 60_000_000 % 60)
    second = Int(inDay / 1_000_000 % 60)
    millisecond = Int(inDay / 1_000 % 1_000)
  }

  /// Midnight of the day that is `daysSinceEpoch` days after 1970-01-01.
  ///
  /// Years are counted from March, so that the leap day is the last of its year; a cycle of 400
  /// years has 146,097 days.
  init(daysSinceEpoch: Int) {
    let shifted = daysSinceEpoch + 719_468
    let cycle = Int(floorDivide(Int64(shifted), 146_097))
    let dayOfCycle = shifted - cycle * 146_097
    let yearOfCycle =
      (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    self.init(
      year: yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0),
      month: month,
      day: dayOfYear - (153 * marchMonth + 2) / 5 + 1)
  }

  /// Days from 1970-01-01 to this date.
  var daysSinceEpoch: Int {
    let marchYear = month <= 2 ? year - 1 : year
    let cycle = Int(floorDivide(Int64(marchYear), 400))
    let yearOfCycle = marchYear - cycle * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
    return cycle * 146_097 + dayOfCycle - 719_468
  }

  /// 1 for January 1st.
  var dayOfYear: Int {
    daysSinceEpoch - CivilTime(year: year, month: 1, day: 1).daysSinceEpoch + 1
  }

  /// Seconds from 1970-01-01 00:00:00 of the same calendar, without regard to any zone.
  var secondsSinceEpoch: Int64 {
    Int64(daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
  }

  /// Whether every field is in its range, the day by its month.
  var exists: Bool {
    guard (1...12).contains(month), (1...31).contains(day) else { return false }
    guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second) else {
      return false
    }
    let normal = CivilTime(daysSinceEpoch: daysSinceEpoch)
    return normal.month == month && normal.day == day
  }
}

/// The quotient rounded down, which is what calendars need before their epoch.
func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
  let quotient = dividend / divisor
  return dividend % divisor < 0 ? quotient - 1 : quotient
}
