/// How right forecasts were: at each horizon one forecast at a time is held against what then happened.
///
/// outstanding | event                                | then
/// ------------|--------------------------------------|---------------------------------------------
/// none        | a forecast says: so many in H        | outstanding
/// outstanding | so many were used, after T           | scored |H − T| / T, none
/// outstanding | not used after 4 H                   | scored as if used now, none
/// outstanding | a time in which nobody looked        | none
struct ForecastScores: Sendable, Equatable {
  struct Outstanding: Sendable, Equatable {
    var made: Int64
    /// What the counter shows when as many are used as were expected within the horizon.
    var total: Int64
  }

  struct Horizon: Sendable, Equatable {
    var outstanding: Outstanding?
    /// The last errors in hundredths, the newest last.
    var percents: [UInt8] = []
  }

  var horizons = Array(repeating: Horizon(), count: ForecastLimits.horizons.count)

  /// The horizons that no forecast is outstanding at.
  var free: [Int64] {
    zip(horizons, ForecastLimits.horizons).compactMap { $0.outstanding == nil ? $1 : nil }
  }

  mutating func expect(_ demand: Double, within horizon: Int64, _ total: Int64, at now: Int64) {
    guard let index = ForecastLimits.horizons.firstIndex(of: horizon), demand < 1e15 else { return }
    horizons[index].outstanding = Outstanding(made: now, total: total + Int64(demand.rounded()))
  }

  /// Scores what has come true, or is overdue, when the counter shows `total` at `now`.
  mutating func settle(_ total: Int64, at now: Int64, since before: DemandHistory.Look) {
    for (index, horizon) in ForecastLimits.horizons.enumerated() {
      guard let outstanding = horizons[index].outstanding else { continue }
      var reached = now
      if total >= outstanding.total {
        // Between two looks it was reached evenly.
        let share =
          Double(outstanding.total - before.total) / Double(max(1, total - before.total))
        reached = before.time + Int64(max(0, share) * Double(now - before.time))
      } else if now - outstanding.made < ForecastLimits.overdue * horizon {
        continue
      }
      let took = Double(max(1, reached - outstanding.made))
      score(abs(Double(horizon) - took) / took, at: index)
      horizons[index].outstanding = nil
    }
  }

  private mutating func score(_ error: Double, at index: Int) {
    let worst = Double(ForecastLimits.worstPercent)
    horizons[index].percents.append(UInt8(min(worst, (error * 100).rounded())))
    if horizons[index].percents.count > ForecastLimits.scores {
      horizons[index].percents.removeFirst()
    }
  }

  mutating func forgetOutstanding() {
    for index in horizons.indices { horizons[index].outstanding = nil }
  }

  /// How forecasts of about `horizon` were: the middle error and that of nine in ten, as shares. Nil
  /// where too few were scored.
  func error(at horizon: Int64) -> (middle: Double, most: Double, count: Int)? {
    // The nearest horizon by ratio: where the next is less than √ of their ratio away, the next.
    var index = 0
    for next in horizons.indices.dropFirst() {
      let (lower, upper) = (ForecastLimits.horizons[index], ForecastLimits.horizons[next])
      if Double(horizon) * Double(horizon) >= Double(lower) * Double(upper) { index = next }
    }
    // A horizon of a day has few scores for long; a shorter one's are better than none.
    while index > 0, horizons[index].percents.count < ForecastLimits.leastScores { index -= 1 }
    let sorted = horizons[index].percents.sorted()
    guard sorted.count >= ForecastLimits.leastScores else { return nil }
    return (
      Double(sorted[sorted.count / 2]) / 100,
      Double(sorted[min(sorted.count - 1, sorted.count * 9 / 10)]) / 100, sorted.count
    )
  }
}
