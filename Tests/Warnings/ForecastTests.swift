import Testing

@testable import Warnings

/// What a forecast says, and when it says that it doesn't know.
@Suite struct ForecastTests {
  static let start: Int64 = 1_700_006_400_000_000
  static let minute = ForecastLimits.minute

  /// A history that saw `rates`, each for so many minutes, and the time after it.
  private func history(_ rates: [(minutes: Int, perMinute: Int64)]) -> (DemandHistory, Int64) {
    var history = DemandHistory()
    var now = Self.start
    var total: Int64 = 1_000
    history.look(total, at: now)
    for (minutes, rate) in rates {
      for _ in 0..<minutes {
        now += Self.minute
        total += rate
        history.look(total, at: now)
      }
    }
    return (history, now)
  }

  @Test func noDataIsUnknown() {
    #expect(DemandHistory().forecast(of: 100, at: Self.start).outlook == .unknown)
    let (idle, now) = history([(600, 0)])
    #expect(idle.forecast(of: 100, at: now).outlook == .unknown, "no demand was ever seen")
    let (short, soon) = history([(4, 100)])
    #expect(short.forecast(of: 100, at: soon).outlook == .unknown, "four minutes are too few")
  }

  @Test func saysWhatItWasMadeFrom() throws {
    let (history, now) = history([(60, 100)])
    let forecast = history.forecast(of: 6_000, at: now)
    guard case .exhausted(let after) = forecast.outlook else {
      Issue.record("\(forecast.outlook)")
      return
    }
    #expect(abs(after - 60 * Self.minute) < Self.minute)
    #expect(forecast.windowEnd - forecast.windowStart == 60 * Self.minute)
    #expect(forecast.windowCount == 6_000)
    #expect(abs(forecast.perSecond - 100.0 / 60) < 0.01)
    #expect(forecast.patternDays == 0)
  }

  @Test func anEmptyStockIsExhaustedNow() {
    let (history, now) = history([(60, 100)])
    #expect(history.forecast(of: 0, at: now).outlook == .exhausted(after: 0))
  }

  @Test func demandThatStoppedLastsSoon() {
    // The rate of the last hour would take an hour to say so.
    let (history, now) = history([(3 * 1440, 100), (125, 0)])
    #expect(history.forecast(of: 10_000, at: now).outlook == .lasts)
  }

  @Test func timeThatNobodyLookedAtIsUnknownNotZero() {
    var (history, now) = history([(60, 100)])
    now += 3 * ForecastLimits.hour
    history.look(7_000, at: now)
    #expect(history.forecast(of: 6_000, at: now).outlook == .unknown)
    for _ in 0..<6 {
      now += Self.minute
      history.look((history.last?.total ?? 0) + 100, at: now)
    }
    let forecast = history.forecast(of: 6_000, at: now)
    guard case .exhausted(let after) = forecast.outlook else {
      Issue.record("\(forecast.outlook)")
      return
    }
    #expect(abs(after - 60 * Self.minute) < 2 * Self.minute)
  }

  @Test func isScoredAgainstWhatHappened() throws {
    let (steady, now) = history([(300, 100)])
    let score = try #require(steady.scores.error(at: 10 * Self.minute))
    #expect(score.middle <= 0.01)
    #expect(score.count >= 10)
    let forecast = steady.forecast(of: 1_000, at: now)
    #expect(forecast.usualError == score.middle)
    let (earliest, latest) = (try #require(forecast.earliest), try #require(forecast.latest))
    #expect(earliest <= 10 * Self.minute && 10 * Self.minute <= latest + Self.minute)

    let (erratic, _) = history(
      (0..<40).map { (minutes: 7, perMinute: [10, 300, 60, 900][$0 % 4]) })
    let worse = try #require(erratic.scores.error(at: 10 * Self.minute))
    #expect(worse.middle > 0.2)
  }

  @Test func memoryIsBounded() {
    let (history, _) = history([(3 * 1440, 1_000_000)])
    let bytes =
      history.minutes.counts.count * 6 + history.slots.counts.count * 6
      + history.pattern.factors.count * 4
    #expect(bytes <= 3_072)
    #expect(history.scores.horizons.allSatisfy { $0.percents.count <= ForecastLimits.scores })
  }

  @Test func aCounterThatGoesBackIsNotDemand() {
    var (history, now) = history([(30, 100)])
    now += Self.minute
    history.look(0, at: now)
    #expect(history.last?.total == 0)
    #expect(history.minutes.counts.allSatisfy { $0 >= 0 && $0 <= 101 })
  }
}
