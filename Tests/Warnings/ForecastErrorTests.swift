import Glibc
import Testing

@testable import Warnings

/// How wrong the forecast of the time to exhaustion is, beside the rate of the last hour: the bars of the
/// forecast's method, on seeded histories. Prints the table, so that `swift test --filter
/// ForecastErrorTests` is the report.
@Suite struct ForecastErrorTests {
  static let horizons = [10, 60, 1440]
  static let seeds: ClosedRange<UInt64> = 1...4
  static let start: Int64 = 1_700_006_400_000_000
  /// Minutes that are looked ahead.
  static let farthest = 43_200.0

  @Test(arguments: DemandShape.allCases)
  func errorIsWithinItsBar(shape: DemandShape) {
    var naive: [Int: [Double]] = [:]
    var ours: [Int: [Double]] = [:]
    for seed in Self.seeds {
      let demand = MadeUpDemand(shape, seed: seed)
      Self.replay(demand) { minute, history in
        for horizon in Self.horizons {
          let stock = Self.stock(demand, shape, minute, horizon)
          let truth = Self.timeUntil(stock, minute, demand.counts)
          let lastHour = demand.counts[minute - 60..<minute].reduce(0, +)
          let rate = lastHour == 0 ? Self.farthest : Double(stock) * 60 / Double(lastHour)
          naive[horizon, default: []].append(Self.error(rate, truth))
          let now = Self.start + Int64(minute) * ForecastLimits.minute
          let after = history.exhaustion(of: stock, history.level(at: now), at: now)
          let minutes = after.map { Double($0) / Double(ForecastLimits.minute) }
          ours[horizon, default: []].append(Self.error(minutes ?? Self.farthest, truth))
        }
      }
    }
    let bar = shape.hasDayPattern ? 0.7 : 1.2
    for horizon in Self.horizons {
      let (a, b) = (DayPattern.middle(naive[horizon] ?? []), DayPattern.middle(ours[horizon] ?? []))
      print("forecast: \(shape) \(horizon) min: last hour \(a), ours \(b), ratio \(b / a)")
      #expect(b <= bar * a, "\(shape) at \(horizon) min: \(b) against \(a)")
    }
  }

  /// What will be used in the horizon; where nothing will, what would have been.
  static func stock(
    _ demand: MadeUpDemand, _ shape: DemandShape, _ minute: Int, _ horizon: Int
  ) -> Int64 {
    if shape == .stopped { return Int64(60 * horizon) }
    return max(1, demand.counts[minute..<minute + horizon].reduce(0, +))
  }

  /// Minutes from `minute` until `stock` numbers are used.
  static func timeUntil(_ stock: Int64, _ minute: Int, _ counts: [Int64]) -> Double {
    var left = stock
    for (passed, count) in counts[minute...].enumerated() {
      if count >= left { return Double(passed) + Double(left) / Double(count) }
      left -= count
    }
    return farthest
  }

  static func error(_ predicted: Double, _ truth: Double) -> Double {
    abs(min(predicted, farthest) - truth) / truth
  }

  /// Lets a history look once a minute where its windows are made of minutes, elsewhere as seldom as
  /// fills them the same, and calls `forecast` at the moments of the demand. What a look costs is a
  /// hundredfold where nothing is optimized.
  static func replay(_ demand: MadeUpDemand, _ forecast: (Int, DemandHistory) -> Void) {
    var history = DemandHistory()
    var total: Int64 = 0
    var moments = demand.moments[...]
    history.look(0, at: start)
    for (minute, count) in demand.counts.enumerated() {
      while moments.first == minute {
        forecast(minute, history)
        moments.removeFirst()
      }
      guard let next = moments.first else { return }
      total += count
      if next - minute > ForecastLimits.minutes, !(minute + 1).isMultiple(of: seldom) { continue }
      history.look(total, at: start + Int64(minute + 1) * ForecastLimits.minute)
    }
  }

  /// Minutes between two looks, which a slot is a multiple of and no gap is longer than.
  private static let seldom = 10
}
