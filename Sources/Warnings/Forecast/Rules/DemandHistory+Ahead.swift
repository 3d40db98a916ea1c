extension DemandHistory {
  /// µs from `now` until `stock` numbers are used; nil where they last longer than is looked ahead.
  func exhaustion(of stock: Int64, _ level: DemandLevel, at now: Int64) -> Int64? {
    var left = Double(max(0, stock))
    guard left > 0 else { return 0 }
    var ahead: Int64 = 0
    while ahead < ForecastLimits.farthest {
      let step = Self.step(ahead)
      let used = demand(level, at: now, from: ahead, step)
      if used >= left { return ahead + Int64(left / used * Double(step)) }
      left -= used
      ahead += step
    }
    return nil
  }

  /// Numbers used from `now` until `ahead` µs later; nil without history.
  func demand(at now: Int64, ahead end: Int64) -> Double? {
    let level = level(at: now)
    guard level.age > 0 else { return nil }
    var sum = 0.0
    var ahead: Int64 = 0
    while ahead < end {
      let step = min(Self.step(ahead), end - ahead)
      sum += demand(level, at: now, from: ahead, step)
      ahead += step
    }
    return sum
  }

  private static func step(_ ahead: Int64) -> Int64 {
    if ahead < ForecastLimits.fineUntil { return ForecastLimits.fineStep }
    return ahead < ForecastLimits.slotsUntil ? ForecastLimits.slot : ForecastLimits.day
  }

  private func demand(
    _ level: DemandLevel, at now: Int64, from ahead: Int64, _ step: Int64
  ) -> Double {
    let middle = ahead + step / 2
    // A whole day has every factor once.
    var factor = step == ForecastLimits.day ? 1 : pattern.factor(at: now + middle)
    // Soon it either has begun, and is in the level, or is less likely than not.
    if ahead >= ForecastLimits.fineUntil { factor += pattern.irregular }
    return level.level(ahead: middle) * factor * Double(step)
  }
}
