/// Makes a failing history small: takes steps, calls and arguments out as long as it still fails.
struct HistoryShrinker {
  /// Whether a history fails.
  let fails: ([HistoryStep]) async throws -> Bool
  private(set) var history: [HistoryStep]
  /// A shrinking that takes longer helps nobody.
  private var runs = 600

  init(_ history: [HistoryStep], fails: @escaping ([HistoryStep]) async throws -> Bool) {
    self.history = history
    self.fails = fails
  }

  mutating func shrink() async throws {
    var isSmaller = true
    while isSmaller, runs > 0 {
      isSmaller = try await dropSteps()
      for place in history.indices.reversed() {
        while place < history.count, try await tryFirst(of: history[place].simpler, at: place) {
          isSmaller = true
        }
      }
    }
  }

  /// Takes out longer and longer stretches, beginning with half of it.
  private mutating func dropSteps() async throws -> Bool {
    var isSmaller = false
    var length = max(1, history.count / 2)
    while length >= 1 {
      var start = history.count - length
      while start >= 0 {
        var candidate = history
        candidate.removeSubrange(start..<min(start + length, history.count))
        if try await accept(candidate) { isSmaller = true }
        start = min(start, history.count) - length
      }
      length /= 2
    }
    return isSmaller
  }

  private mutating func tryFirst(of steps: [HistoryStep], at place: Int) async throws -> Bool {
    for step in steps {
      var candidate = history
      candidate[place] = step
      if try await accept(candidate) { return true }
    }
    return false
  }

  private mutating func accept(_ candidate: [HistoryStep]) async throws -> Bool {
    guard runs > 0, !candidate.isEmpty else { return false }
    runs -= 1
    guard try await fails(candidate) else { return false }
    history = candidate
    return true
  }
}

extension HistoryStep {
  /// Steps that do a little less.
  var simpler: [HistoryStep] {
    switch self {
    case .calls(let calls): Self.simpler(calls).map { .calls($0) }
    case .tasks(let calls): [.calls(calls)] + Self.simpler(calls).map { .tasks($0) }
    case .pass(let seconds): Self.smaller(seconds).map { .pass(seconds: $0) }
    case .stepWall(let seconds): Self.smaller(seconds).map { .stepWall(seconds: $0) }
    case .late(let seconds, let calls):
      [.calls(calls), .pass(seconds: seconds)]
        + Self.simpler(calls).map { .late(seconds: seconds, $0) }
        + Self.smaller(seconds).map { .late(seconds: $0, calls) }
    case .crash(let isCommitted, let calls):
      (isCommitted && !calls.isEmpty ? [.calls(calls)] : [.restart])
        + Self.simpler(calls).map { .crash(isCommitted: isCommitted, $0) }
    case .restart: []
    }
  }

  private static func simpler(_ calls: [HistoryCall]) -> [[HistoryCall]] {
    var found: [[HistoryCall]] = []
    for place in calls.indices where calls.count > 1 {
      var fewer = calls
      fewer.remove(at: place)
      found.append(fewer)
    }
    for place in calls.indices {
      for simpler in calls[place].simpler {
        var changed = calls
        changed[place] = simpler
        found.append(changed)
      }
    }
    return found
  }

  fileprivate static func smaller(_ value: Int64) -> [Int64] {
    value == 0 ? [] : [0, value / 2, value - value.signum()].filter { $0 != value }
  }
}

extension HistoryCall {
  /// Calls that do a little less.
  fileprivate var simpler: [HistoryCall] {
    var found: [HistoryCall] = []
    if request != .none { found.append(HistoryCall(of: of, what: what)) }
    for less in what.simpler { found.append(HistoryCall(of: of, what: less, request: request)) }
    return found
  }
}

extension HistoryCall.What {
  fileprivate var simpler: [Self] {
    switch self {
    case .createPool(let kind): kind == .counting ? [] : [.createPool(.counting)]
    case .updatePool, .renew, .quota, .stop, .resume, .resumeAll: []
    case .inVain(let count): count > 1 ? [.inVain(count: 1), .inVain(count: count - 1)] : []
    case .allocate(let count, let holder, let lease):
      (count > 1 ? [1, count / 2, count - 1] : []).map {
        .allocate(count: $0, holder: holder, lease)
      } + (lease == .usual ? [] : [.allocate(count: count, holder: holder, .usual)])
        + (holder == 0 ? [] : [.allocate(count: count, holder: 0, lease)])
    case .complete(let numbers, let fen):
      HistoryNumber.simpler(numbers).map { .complete($0, fen: fen) }
        + (fen.map { $0 > 1 } ?? false ? [.complete(numbers, fen: 1)] : [])
    case .imports(let items, let seconds):
      items.indices.compactMap { place in
        guard items.count > 1 else { return nil }
        var fewer = items
        fewer.remove(at: place)
        return .imports(fewer, seconds: seconds)
      }
    case .release(let numbers): HistoryNumber.simpler(numbers).map { .release($0) }
    case .createLease(let seconds, let holder):
      seconds == nil ? [] : [.createLease(seconds: nil, holder: holder)]
    }
  }
}

extension HistoryNumber {
  fileprivate static func simpler(_ numbers: [Self]) -> [[Self]] {
    var found: [[Self]] = []
    for place in numbers.indices {
      if numbers.count > 1 {
        var fewer = numbers
        fewer.remove(at: place)
        found.append(fewer)
      }
      if numbers[place].back > 0 {
        var nearer = numbers
        nearer[place].back = 0
        found.append(nearer)
      }
    }
    return found
  }
}
