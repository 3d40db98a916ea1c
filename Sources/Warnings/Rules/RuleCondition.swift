/// When a rule holds. Levels in the signal's unit, times in µs.
enum RuleCondition: Sendable, Equatable {
  /// Which side of a level is bad.
  enum Side: Sendable, Equatable {
    case above
    case below
  }

  case threshold(Side, raise: Double, clear: Double)
  /// The newest value less the oldest of the window; falls count as positive where they are bad.
  case change(Side, window: Int64, raise: Double, clear: Double, isRelative: Bool)
  case absence(after: Int64)

  /// What one look at the values says.
  enum Verdict: Sendable, Equatable {
    case holds
    /// Neither so bad that it holds, nor so good that it is clear.
    case between
    case clear
    /// There is no value that would say.
    case unknown
  }

  /// The verdict on what was heard, apart from absence, which nothing that is heard can be.
  func judge(_ values: ValueWindow) -> Verdict {
    guard let newest = values.newest else { return .unknown }
    switch self {
    case .threshold(let side, let raise, let clear):
      return Self.judge(newest, side, raise, clear)
    case .change(let side, _, let raise, let clear, let isRelative):
      guard let oldest = values.oldest else { return .unknown }
      var change = side == .above ? newest - oldest : oldest - newest
      if isRelative, change != 0 { change /= abs(oldest) }
      return Self.judge(change, .above, raise, clear)
    case .absence: return .clear
    }
  }

  private static func judge(
    _ value: Double, _ side: Side, _ raise: Double, _ clear: Double
  ) -> Verdict {
    let isBad = side == .above ? value >= raise : value <= raise
    let isClear = side == .above ? value <= clear : value >= clear
    return isBad ? .holds : isClear ? .clear : .between
  }

  /// How far back values matter, µs.
  var window: Int64 {
    if case .change(_, let window, _, _, _) = self { window } else { 0 }
  }
}

/// The values of a window of time, thinned out so that there are never many.
struct ValueWindow: Sendable, Equatable {
  private var values: [(time: Int64, value: Double)] = []
  /// µs.
  let length: Int64

  init(length: Int64) { self.length = length }

  static func == (a: ValueWindow, b: ValueWindow) -> Bool {
    a.length == b.length && a.values.elementsEqual(b.values, by: ==)
  }

  var newest: Double? { values.last?.value }
  var newestTime: Int64? { values.last?.time }
  var oldest: Double? { values.first?.value }
  var count: Int { values.count }

  /// Takes in a value; one that is older than the newest is left out.
  mutating func append(_ value: Double, at time: Int64) {
    if let last = values.last, time < last.time { return }
    if values.last?.time == time { values.removeLast() }
    // The last but one is far enough from the one before: the last may go.
    if values.count > 1,
      values[values.count - 1].time - values[values.count - 2].time
        < length / WarningLimits.windowValues
    {
      values.removeLast()
    }
    values.append((time, value))
    let start = time - length
    let old = values.prefix { $0.time < start }.count
    values.removeFirst(min(old, values.count - 1))
  }
}
