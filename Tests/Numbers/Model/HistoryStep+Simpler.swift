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
