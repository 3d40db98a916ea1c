import StoreFaults
import Testing

@testable import Warnings

/// The table at the head of `RuleWatch`, each cell of it.
@Suite struct RuleWatchTests {
  static let condition = RuleCondition.threshold(.above, raise: 100, clear: 50)
  static let (bad, between, clear) = (100.0, 75.0, 50.0)

  /// A watch at a phase since 0, with a hold of 10.
  private func watch(_ phase: RulePhase, hold: Int64 = 10) -> RuleWatch {
    RuleWatch(Self.condition, hold: hold, phase: phase, listeningSince: 0)
  }

  struct Row: Sendable {
    var from: RulePhase
    var value: Double
    var to: RulePhase
    var transitions: [RuleTransition] = []
    var hold: Int64 = 10
  }

  static let rows = [
    Row(from: .quiet, value: bad, to: .rising(5)),
    Row(from: .quiet, value: bad, to: .raised, transitions: [.raised(bad)], hold: 0),
    Row(from: .quiet, value: between, to: .quiet),
    Row(from: .quiet, value: clear, to: .quiet),
    Row(from: .rising(0), value: bad, to: .rising(0)),
    Row(from: .rising(0), value: between, to: .quiet),
    Row(from: .rising(0), value: clear, to: .quiet),
    Row(from: .raised, value: bad, to: .raised),
    Row(from: .raised, value: between, to: .raised),
    Row(from: .raised, value: clear, to: .clearing(5)),
    Row(from: .raised, value: clear, to: .quiet, transitions: [.cleared], hold: 0),
    Row(from: .clearing(0), value: bad, to: .raised),
    Row(from: .clearing(0), value: between, to: .raised),
    Row(from: .clearing(0), value: clear, to: .clearing(0)),
  ]

  @Test(arguments: rows)
  func hears(row: Row) {
    var watch = watch(row.from, hold: row.hold)
    #expect(watch.heard(row.value, at: 5) == row.transitions)
    #expect(watch.phase == row.to)
  }

  @Test func holdsAreOver() {
    var rising = watch(.rising(0))
    #expect(rising.due == 10)
    #expect(rising.passed(to: 9) == [])
    #expect(rising.passed(to: 10) == [.raised(nil)])
    #expect(rising.phase == .raised)
    #expect(rising.due == nil)
    var clearing = watch(.clearing(0))
    #expect(clearing.passed(to: 10) == [.cleared])
    #expect(clearing.phase == .quiet)
    var quiet = watch(.quiet)
    #expect(quiet.passed(to: 1_000) == [])
  }

  @Test func whatFellDueComesBeforeWhatIsHeard() {
    var watch = watch(.quiet)
    #expect(watch.heard(Self.bad, at: 5) == [])
    // It was bad for ten before it was clear.
    #expect(watch.heard(Self.clear, at: 20) == [.raised(Self.bad)])
    #expect(watch.phase == .clearing(20))
  }

  @Test func belowIsTheMirror() {
    var watch = RuleWatch(
      .threshold(.below, raise: 10, clear: 20), hold: 0, listeningSince: 0)
    #expect(watch.heard(11, at: 1) == [])
    #expect(watch.heard(10, at: 2) == [.raised(10)])
    #expect(watch.heard(19, at: 3) == [])
    #expect(watch.heard(20, at: 4) == [.cleared])
  }

  @Test func absence() {
    var watch = RuleWatch(.absence(after: 100), hold: 0, listeningSince: 0)
    #expect(watch.due == 100)
    #expect(watch.heard(1, at: 60) == [])
    #expect(watch.due == 160)
    #expect(watch.passed(to: 160) == [.raised(nil)])
    #expect(watch.heard(1, at: 200) == [.cleared])
    #expect(watch.due == 300)
    var held = RuleWatch(.absence(after: 100), hold: 10, listeningSince: 0)
    #expect(held.passed(to: 105) == [])
    #expect(held.phase == .rising(100))
    #expect(held.passed(to: 110) == [.raised(nil)])
  }

  @Test(arguments: [
    (RuleCondition.Side.above, false, [10.0, 20, 31], [0, 0, 1]),
    (.above, false, [10, 20, 29], [0, 0, 0]),
    (.below, false, [30, 20, 9], [0, 0, 1]),
    (.above, true, [1, 5, 22], [0, 0, 1]),
    (.above, true, [-10, 0, 1_000], [0, 0, 1]),
  ])
  func changes(side: RuleCondition.Side, isRelative: Bool, values: [Double], raised: [Int]) {
    var watch = RuleWatch(
      .change(side, window: 100, raise: 20.5, clear: 1, isRelative: isRelative), hold: 0,
      listeningSince: 0)
    for (place, value) in values.enumerated() {
      #expect(watch.heard(value, at: Int64(place) * 40).count == raised[place])
    }
  }

  @Test func aWindowForgetsAndIsBounded() {
    var window = ValueWindow(length: 6_000)
    for time in 0..<100_000 { window.append(Double(time), at: Int64(time)) }
    #expect(window.count <= Int(WarningLimits.windowValues) + 2)
    #expect(window.newest == 99_999)
    let oldest = window.oldest ?? 0
    #expect((93_999...94_200).contains(oldest))
    window.append(7, at: 5)
    #expect(window.newest == 99_999, "older than the newest")
    var last = ValueWindow(length: 0)
    for value in 0..<1_000 { last.append(Double(value), at: 5) }
    #expect(last.count == 1 && last.newest == 999)
  }

  /// WR6, in all its forms at once: whatever the noise, each raise is of a hold's worth of bad values.
  @Test func noiseDoesNotFlap() {
    var random = SeededGenerator(seed: 11)
    var watch = watch(.quiet, hold: 50)
    var transitions: [RuleTransition] = []
    // Noise over both levels, for the hold never on one side.
    for time in 0..<10_000 {
      let value = Double.random(in: 20...150, using: &random)
      transitions += watch.heard(value, at: Int64(time))
    }
    #expect(transitions == [])
    for time in 10_000..<20_000 {
      transitions += watch.heard(Double.random(in: 101...150, using: &random), at: Int64(time))
    }
    #expect(transitions.count == 1)
    // About the raise level it stays raised.
    for time in 20_000..<30_000 {
      transitions += watch.heard(Double.random(in: 60...150, using: &random), at: Int64(time))
    }
    #expect(transitions.count == 1)
    for time in 30_000..<30_100 { transitions += watch.heard(40, at: Int64(time)) }
    #expect(transitions.last == .cleared && transitions.count == 2)
  }
}
