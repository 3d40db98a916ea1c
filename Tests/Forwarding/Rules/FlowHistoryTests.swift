import Testing

@testable import Forwarding

@Suite struct FlowHistoryTests {
  private static let second: Int64 = 1_000_000

  /// A history with a look at each of these seconds.
  private static func history(_ seconds: [Int64]) -> FlowHistory {
    var history = FlowHistory()
    for time in seconds {
      history.append(
        FlowHistory.Look(time: time * second, lanes: [.init(came: Int(time), left: 0)]))
    }
    return history
  }

  /// The table at its head: the look that a rate is counted from, and the span, in seconds.
  @Test(
    arguments: [
      ([], 100, nil, nil), ([10], 100, nil, nil), ([99], 100, 99, 1), ([100], 100, 100, 1),
      ([60], 100, 60, 40), ([35, 41, 47], 100, 41, 59), ([5, 41, 47], 100, 41, 60),
      ([20, 30], 100, nil, nil), ([10, 95], 100, 95, 60),
    ] as [([Int64], Int64, Int64?, Int64?)])
  func ratesAreCountedFrom(looks: [Int64], now: Int64, from: Int64?, span: Int64?) {
    let base = Self.history(looks).base(at: now * Self.second)
    #expect(base?.look.time == from.map { $0 * Self.second })
    #expect(base?.span == span.map { $0 * Self.second })
  }

  @Test func looksAreSomeSecondsApartAndOfAMinute() {
    var history = FlowHistory()
    for time in 0..<1_000 where history.isDue(at: Int64(time) * Self.second) {
      history.append(FlowHistory.Look(time: Int64(time) * Self.second))
    }
    let times = history.looks.map { $0.time / Self.second }
    #expect(times.last == 995)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 5 })
    #expect(history.looks.count <= 14)
  }

  @Test func lanesOfAnotherLayoutAreCountedFromNothing() {
    var history = FlowHistory()
    let (came, left) = (FlowHistory.Totals(came: 100, left: 90), FlowHistory.Totals(came: 20))
    history.append(
      FlowHistory.Look(time: 0, layout: 1, lanes: [came, came], units: [1: came]))
    var now = FlowHistory.Look(
      time: 10 * Self.second, layout: 1, lanes: [.init(came: 150, left: 100), came],
      units: [1: .init(came: 110, left: 110), 2: left])
    #expect(history.laneRates(now) == [.init(came: 5, left: 1), .init()])
    #expect(history.rate(ofUnit: 1, now) == .init(came: 1, left: 2))
    #expect(history.rate(ofUnit: 2, now) == .init(came: 2))
    #expect(history.rate(ofUnit: 3, now) == .init())
    now.layout = 7
    now.lanes = [left]
    #expect(history.laneRates(now) == [.init(came: 2)])
  }
}
