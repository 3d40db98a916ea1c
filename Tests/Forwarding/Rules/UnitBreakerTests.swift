import Testing

@testable import Forwarding

/// The table at the head of `UnitBreaker`.
@Suite struct UnitBreakerTests {
  enum Event { case fails(Int64), acknowledged, wake }

  static func failed(_ sequence: Int64) -> UnitBreaker.Failed {
    .init(sequence: sequence, before: nil, due: 0, losses: nil)
  }

  static let pause = ForwardingLimits.breakerPause

  static let rows: [([Event], UnitBreaker.Phase, UnitBreaker.Verdict?)] = [
    ([.fails(1)], .closed, .counts),
    ([.fails(1), .fails(1), .fails(1)], .closed, .counts),
    ([.fails(1), .acknowledged, .fails(2)], .closed, .counts),
    ([.fails(1), .fails(2)], .open(until: pause), .doNotCount([failed(1), failed(2)])),
    ([.fails(1), .fails(2), .fails(3)], .open(until: pause), .doNotCount([failed(3)])),
    ([.fails(1), .fails(2), .acknowledged], .closed, nil),
    ([.fails(1), .fails(2), .wake], .trying, nil),
    ([.fails(1), .fails(2), .wake, .fails(1)], .open(until: 2 * pause), .doNotCount([failed(1)])),
    ([.fails(1), .fails(2), .wake, .acknowledged, .fails(1)], .closed, .counts),
  ]

  @Test(arguments: rows.indices)
  func followsTheTable(row: Int) {
    let (events, phase, verdict) = Self.rows[row]
    var breaker = UnitBreaker()
    var last: UnitBreaker.Verdict?
    for event in events {
      switch event {
      case .fails(let sequence): last = breaker.failed(Self.failed(sequence), at: 0, limit: 2)
      case .acknowledged:
        breaker.close()
        last = nil
      case .wake:
        breaker.wake(at: Self.pause)
        last = nil
      }
    }
    #expect(breaker.phase == phase && last == verdict)
  }

  @Test func pauseHasALimitAndZeroNeverOpens() {
    var breaker = UnitBreaker()
    for sequence in Int64(1)...40 { _ = breaker.failed(Self.failed(sequence), at: 0, limit: 0) }
    #expect(breaker.phase == .closed)
    for _ in 0..<2 { _ = breaker.failed(Self.failed(50), at: 0, limit: 1) }
    for _ in 0..<20 {
      breaker.wake(at: .max)
      _ = breaker.failed(Self.failed(50), at: 0, limit: 1)
    }
    #expect(breaker.phase == .open(until: ForwardingLimits.longestBreakerPause))
  }
}
