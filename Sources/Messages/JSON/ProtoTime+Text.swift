extension ProtoTimestamp {
  /// As RFC 3339 has it, in UTC: "2026-11-21T19:25:00.5Z", with as many digits of a second as it needs, in
  /// threes.
  public var text: String {
    let (day, second) = floorDivide(seconds, 86_400)
    // The civil calendar, counted in eras of 400 years that begin in March.
    let (era, dayOfEra) = floorDivide(day + 719_468, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let date = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let clock = [second / 3_600, second / 60 % 60, second % 60].map { padded($0, 2) }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))T"
      + clock.joined(separator: ":") + fraction(nanos) + "Z"
  }
}

extension ProtoDuration {
  /// In seconds: "3.5s".
  public var text: String {
    let sign = seconds < 0 || nanos < 0 ? "-" : ""
    return sign + "\(seconds.magnitude)" + fraction(Int32(clamping: nanos.magnitude)) + "s"
  }
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, rest: Int64) {
  let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
  return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
}

private func fraction(_ nanos: Int32) -> String {
  guard nanos > 0 else { return "" }
  var (value, width) = (Int64(nanos), 9)
  while value % 1_000 == 0 { (value, width) = (value / 1_000, width - 3) }
  return "." + padded(value, width)
}

private func padded(_ value: Int64, _ width: Int) -> String {
  let digits = "\(value)"
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
