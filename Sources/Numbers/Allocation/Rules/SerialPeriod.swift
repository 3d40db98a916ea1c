/// When a pool's serial starts again. A period is numbered: its day since the Unix epoch, its month
/// since year 0, its year, or 0.
enum SerialPeriod: Int32, Sendable, Equatable {
  case never = 1
  case daily = 2
  case monthly = 3
  case yearly = 4

  /// The number of the period that `civil`, a local time of the pool's zone, is in.
  func number(of civil: CivilTime) -> Int32 {
    switch self {
    case .never: 0
    case .daily: Int32(truncatingIfNeeded: civil.daysSinceEpoch)
    case .monthly: Int32(truncatingIfNeeded: civil.year * 12 + civil.month - 1)
    case .yearly: Int32(truncatingIfNeeded: civil.year)
    }
  }

  /// "2026-11-21", "2026-11", "2026" or "".
  func text(_ number: Int32) -> String {
    switch self {
    case .never: ""
    case .daily:
      {
        let day = CivilTime(daysSinceEpoch: Int(number))
        return "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))"
      }()
    case .monthly: "\(padded(Int(number) / 12, 4))-\(padded(Int(number) % 12 + 1, 2))"
    case .yearly: padded(Int(number), 4)
    }
  }
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
