/// Neighbouring serials in the same state.
struct SerialRun: Equatable, Sendable {
  var first: Int64
  var last: Int64
  var state: SerialState
}

/// What the tables say of the serials of a series, each table for itself, made into one account of
/// every serial.
struct SerialRuns {
  private var runs: [SerialRun] = []

  /// Notes what a table says. The serials of a table come in their order, one call after another.
  mutating func add(_ first: Int64, _ last: Int64, _ state: SerialState) {
    guard first <= last else { return }
    if let before = runs.indices.last, runs[before].state == state, runs[before].last &+ 1 == first
    {
      runs[before].last = last
    } else {
      runs.append(SerialRun(first: first, last: last, state: state))
    }
  }

  /// Every serial of `serials` in exactly one run. Serials that nothing was noted of, or two things,
  /// are unaccounted.
  func account(of serials: ClosedRange<Int64>) -> [SerialRun] {
    // Where a state begins to hold (at a serial) or ceases to hold (before it).
    var edges: [(serial: Int64, change: Int, state: Int)] = []
    edges.reserveCapacity(runs.count * 2)
    for run in runs where run.last >= serials.lowerBound && run.first <= serials.upperBound {
      edges.append((max(run.first, serials.lowerBound), 1, Int(run.state.rawValue)))
      if run.last < serials.upperBound {
        edges.append((run.last + 1, -1, -Int(run.state.rawValue)))
      }
    }
    edges.sort { $0.serial < $1.serial }
    var account = SerialRuns()
    var next = serials.lowerBound
    // How many states hold, and the sum of them: of one, it is the state itself.
    var (count, sum) = (0, 0)
    func state() -> SerialState {
      count == 1 ? SerialState(rawValue: Int32(sum)) ?? .unaccounted : .unaccounted
    }
    for edge in edges {
      if edge.serial > next {
        account.add(next, edge.serial - 1, state())
        next = edge.serial
      }
      count += edge.change
      sum += edge.state
    }
    account.add(next, serials.upperBound, state())
    return account.runs
  }
}
