// A unit that fails whatever it gets is down: its orders aren't to blame.
//
//     phase    an order fails             acknowledged, or closed³  its pause is over
//     closed   closed; open if so many¹   closed, no streak         –
//     open     open, doesn't count        closed                    trying: one order goes out
//     trying   open for twice as long²    closed                    –
//
// ¹ as many different orders, one after another and none acknowledged between, as the unit says: then
// none of these failures counts. 0: it never opens. ² and it doesn't count.
// ³ by an operator, who lets the unit go on or has it never open.
//
// What doesn't count still comes again no earlier than was asked.

/// Stops deliveries to a unit that is down.
struct UnitBreaker: Sendable, Equatable {
  enum Phase: Sendable, Equatable {
    case closed
    /// Boot time, µs.
    case open(until: Int64)
    case trying
  }

  /// An order that failed, and how often it had before.
  struct Failed: Sendable, Equatable {
    var sequence: Int64
    var before: OrderFailures?
    /// When it comes again at the earliest; boot time, µs.
    var due: Int64
    /// Consumers that were lost with it.
    var losses: Int32?
  }

  enum Verdict: Sendable, Equatable {
    case counts
    /// The unit is down: this failure doesn't count, nor do those before it in a row.
    case doNotCount([Failed])
  }

  private(set) var phase = Phase.closed
  private var streak: [Failed] = []
  private var pause = ForwardingLimits.breakerPause

  /// Nothing of before matters.
  var isAtRest: Bool { phase == .closed && streak.isEmpty }

  mutating func failed(_ order: Failed, at now: Int64, limit: Int32) -> Verdict {
    switch phase {
    case .open: return .doNotCount([order])
    case .trying:
      pause = min(pause * 2, ForwardingLimits.longestBreakerPause)
      phase = .open(until: now + pause)
      return .doNotCount([order])
    case .closed:
      guard limit > 0 else { return .counts }
      if let place = streak.firstIndex(where: { $0.sequence == order.sequence }) {
        streak[place].due = order.due
        streak[place].losses = order.losses
      } else {
        streak.append(order)
      }
      guard streak.count >= Int(limit) else { return .counts }
      let taken = streak
      streak = []
      pause = ForwardingLimits.breakerPause
      phase = .open(until: now + pause)
      return .doNotCount(taken)
    }
  }

  mutating func close() { self = UnitBreaker() }

  /// An operator dealt with an order.
  mutating func forget(_ sequence: Int64) { streak.removeAll { $0.sequence == sequence } }

  mutating func wake(at now: Int64) {
    if case .open(let until) = phase, until <= now { phase = .trying }
  }
}
