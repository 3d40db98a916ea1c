import RPC

/// What a connection's calls came to.
struct LoadTally: Sendable {
  /// Latencies in nanoseconds of the measured calls.
  var latencies = Histogram()
  /// By how many nanoseconds calls of an open loop began after they were due although a stream was free:
  /// what the bench itself adds to a latency.
  var lateness = Histogram()
  /// Calls that were made again on a new connection.
  var repeated = 0
  /// All answered calls and numbers, those of the warm-up too: what the counters must show.
  var calls = 0
  var allocated = 0
  var completed = 0
  var submitted = 0
  /// Numbers of calls of which nobody knows whether they happened.
  var unsureAllocated = 0
  var unsureCompleted = 0
  var unsureSubmitted = 0
  var failures: [StatusCode: Int] = [:]
  var firstFailure: String?

  mutating func merge(_ other: LoadTally) {
    latencies.merge(other.latencies)
    lateness.merge(other.lateness)
    repeated += other.repeated
    calls += other.calls
    allocated += other.allocated
    completed += other.completed
    submitted += other.submitted
    unsureAllocated += other.unsureAllocated
    unsureCompleted += other.unsureCompleted
    unsureSubmitted += other.unsureSubmitted
    failures.merge(other.failures, uniquingKeysWith: +)
    firstFailure = firstFailure ?? other.firstFailure
  }

  mutating func failed(_ error: RPCError) {
    failures[error.code, default: 0] += 1
    firstFailure = firstFailure ?? error.description
  }
}

extension RPCError {
  /// Whether the call may have had its effect although it failed.
  var mayHaveHappened: Bool {
    switch code {
    case .cancelled, .unknown, .deadlineExceeded, .internal, .unavailable, .dataLoss, .aborted: true
    default: false
    }
  }
}
