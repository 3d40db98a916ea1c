import Testing

@testable import Calls

/// What a call may ask of a watch, when a watch may tell what, and what is left of many events.
@Suite struct WatchRuleTests {
  @Test(
    arguments: [
      (nil, 0, nil), (100_000, 1, nil), (600_000_000, 100, nil),
      (99_999, 0, .progressIntervalOutOfRange), (600_000_001, 0, .progressIntervalOutOfRange),
      (.min, 0, .progressIntervalOutOfRange), (nil, -1, .updateRateOutOfRange),
      (nil, 101, .updateRateOutOfRange),
    ] as [(Int64?, Int32, WatchRefusal?)])
  func settings(_ interval: Int64?, _ rate: Int32, _ refusal: WatchRefusal?) {
    let result = Result { () throws(WatchRefusal) in
      try WatchSettings(progressInterval: interval, updatesPerSecond: rate)
    }
    guard let refusal else {
      let settings = try? result.get()
      #expect(settings?.progressInterval == interval ?? 10_000_000)
      #expect(settings?.pause == (rate == 0 ? nil : 1_000_000 / Int64(rate)))
      return
    }
    #expect(result == .failure(refusal))
  }

  @Test func theLatestOfEachIsKeptInOrder() {
    var conflation = Conflation<String, Int>()
    for (sequence, key) in ["a", "b", "a", "c", "b", "a"].enumerated() {
      conflation.add(key, sequence * 10, sequence: Int64(sequence))
    }
    #expect(conflation.count == 3)
    #expect(conflation.take().map(\.value) == [30, 40, 50])
    #expect(conflation.take().isEmpty)
  }

  enum Step {
    case sent(Int64)
    case updated(Int64)
    case wait(Int64, Int64?)
    case isProgressDue(Int64, Bool)
  }

  /// Progress every 100 ms; two updates a second, or no conflation.
  @Test(
    arguments: [
      (0, [.isProgressDue(0, true), .sent(0), .isProgressDue(99_999, false)]),
      (0, [.sent(0), .isProgressDue(100_000, true), .sent(150_000)]),
      (0, [.sent(150_000), .isProgressDue(249_999, false), .isProgressDue(250_000, true)]),
      (0, [.sent(0), .wait(5, nil), .updated(5), .wait(5, nil)]),
      (2, [.sent(0), .wait(0, nil)]),
      // Until the pause is over, and no longer than until progress is due.
      (2, [.sent(0), .updated(0), .wait(10_000, 90_000), .sent(450_000), .wait(450_000, 50_000)]),
      (2, [.updated(0), .sent(499_999), .wait(499_999, 1), .wait(500_000, nil)]),
      // Progress is late: it is looked at at once.
      (2, [.sent(0), .updated(0), .wait(200_000, 0), .isProgressDue(200_000, true)]),
      // What is sent beside updates doesn't put them off.
      (2, [.updated(0), .sent(400_000), .sent(500_000), .wait(500_000, nil)]),
    ] as [(Int32, [Step])])
  func pace(_ rate: Int32, _ steps: [Step]) throws {
    var pace = WatchPace(
      try WatchSettings(progressInterval: 100_000, updatesPerSecond: rate), at: 0)
    for (place, step) in steps.enumerated() {
      switch step {
      case .sent(let now): pace.sent(at: now)
      case .updated(let now): pace.updated(at: now)
      case .wait(let now, let wait): #expect(pace.wait(at: now) == wait, "step \(place)")
      case .isProgressDue(let now, let isDue):
        #expect(pace.isProgressDue(at: now) == isDue, "step \(place)")
      }
    }
  }

  /// A watch on a clock that is passed in, with events at random times: updates keep their distance,
  /// every last event of a key is told within a pause, and a quiet stream tells progress.
  @Test(arguments: 1...20, [1, 7, 100] as [Int32])
  func conflatedUpdatesKeepTheirDistance(_ seed: Int, _ rate: Int32) throws {
    let settings = try WatchSettings(progressInterval: 300_000, updatesPerSecond: rate)
    let pause = 1_000_000 / Int64(rate)
    var random = RepeatableGenerator(state: UInt64(seed))
    var pace = WatchPace(settings, at: 0)
    var conflation = Conflation<Int, Int64>()
    var (now, sequence): (Int64, Int64) = (0, 0)
    var waitingSince: Int64?
    var updates: [Int64] = []
    var lastSent: Int64 = 0
    var (told, truth): ([Int: Int64], [Int: Int64]) = ([:], [:])
    var nextEvent: Int64 = 0
    while sequence < 2_000 || waitingSince != nil {
      if now >= nextEvent, sequence < 2_000 {
        sequence += 1
        let key = Int.random(in: 0..<5, using: &random)
        conflation.add(key, sequence, sequence: sequence)
        truth[key] = sequence
        waitingSince = waitingSince ?? now
        nextEvent = now + Int64.random(in: 0...2 * pause / 3, using: &random)
      }
      if pace.isProgressDue(at: now) { pace.sent(at: now); lastSent = now }
      #expect(now - lastSent <= 300_000)
      if waitingSince != nil, pace.wait(at: now) == nil {
        for (_, event) in conflation.take() {
          told[truth.first { $0.value == event }?.key ?? -1] = event
        }
        #expect(now - (waitingSince ?? now) <= pause)
        waitingSince = nil
        updates.append(now)
        pace.sent(at: now)
        pace.updated(at: now)
        lastSent = now
      }
      // To whatever comes first, as the watch does.
      let look = waitingSince == nil ? pace.progressDue : now + (pace.wait(at: now) ?? 0)
      now = max(now, sequence < 2_000 ? min(look, nextEvent) : look)
    }
    #expect(told == truth)
    #expect(zip(updates, updates.dropFirst()).allSatisfy { $1 - $0 >= pause })
  }
}

/// A generator of the same numbers each time (xorshift).
struct RepeatableGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
