/// When something will be used up, how that was found, and how sure it is.
struct Forecast: Sendable, Equatable {
  enum Outlook: Sendable, Equatable {
    /// Nothing is known that would tell: no demand was seen, or nobody looked for long.
    case unknown
    /// It is used up so many µs from now.
    case exhausted(after: Int64)
    /// It lasts longer than is looked ahead.
    case lasts
  }

  var outlook = Outlook.unknown
  /// Wall clock, µs: the window of time that the level was counted in.
  var windowStart: Int64 = 0
  var windowEnd: Int64 = 0
  /// Numbers used in the window.
  var windowCount: Int64 = 0
  /// Numbers a second now.
  var perSecond = 0.0
  /// Whole days that the day's pattern was made of; 0 where demand shows none.
  var patternDays = 0
  /// What forecasts of this length were wrong by, as a share of the time they were about; nil where too
  /// few were scored.
  var usualError: Double?
  /// How many scores that is made of.
  var scores = 0
  /// Nine in ten forecasts came true between these, µs from now. Nil: no bound is known.
  var earliest: Int64?
  var latest: Int64?
}

extension DemandHistory {
  /// When `stock` numbers will be used up if none are added.
  func forecast(of stock: Int64, at now: Int64) -> Forecast {
    var forecast = Forecast()
    guard hasDemand, looked(at: now) >= ForecastLimits.leastLooked else { return forecast }
    let level = level(at: now)
    guard level.age > 0 else { return forecast }
    forecast.windowStart = max(now - level.age, 0)
    forecast.windowEnd = now
    forecast.windowCount = Int64(level.count.rounded())
    forecast.perSecond = level.level * pattern.factor(at: now) * Double(ForecastLimits.second)
    forecast.patternDays = pattern.factors.isEmpty ? 0 : pattern.days
    guard let after = exhaustion(of: stock, level, at: now) else {
      forecast.outlook = .lasts
      return forecast
    }
    forecast.outlook = .exhausted(after: after)
    guard let error = scores.error(at: after) else { return forecast }
    forecast.usualError = error.middle
    forecast.scores = error.count
    forecast.earliest = Int64(Double(after) / (1 + error.most))
    if error.most < 1 {
      forecast.latest = Int64(min(Double(after) / (1 - error.most), Double(Int64.max / 4)))
    }
    return forecast
  }
}
