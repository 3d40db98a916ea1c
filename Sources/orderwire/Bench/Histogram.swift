/// Counts durations so that any percentile can be told afterwards to three digits, whatever its size: the
/// layout of HdrHistogram. Recording is two shifts and an addition, and the memory is fixed.
struct Histogram {
  /// Values up to this are told exactly; from there on each doubling has half as many steps, each twice as
  /// wide, which is an error below 0.1 %.
  private static let exact = 2048
  private static let half = exact / 2
  private static let exactBits = 11
  /// An hour in nanoseconds needs 42 bits; what is longer is counted as the longest that fits.
  private static let bits = 42
  static let limit = (1 << bits) - 1

  private var counts = [Int](repeating: 0, count: exact + (bits - exactBits) * half)
  private(set) var count = 0
  private(set) var maximum = 0

  mutating func record(_ value: Int) {
    let value = min(max(value, 0), Self.limit)
    counts[Self.index(of: value)] += 1
    count += 1
    maximum = max(maximum, value)
  }

  mutating func merge(_ other: Histogram) {
    for (index, more) in other.counts.enumerated() where more > 0 { counts[index] += more }
    count += other.count
    maximum = max(maximum, other.maximum)
  }

  /// A value that `percent` of all are not above; 0 if there is none.
  func percentile(_ percent: Double) -> Int {
    guard count > 0 else { return 0 }
    let rank = max(1, Int((percent * Double(count) / 100).rounded(.up)))
    var seen = 0
    for (index, here) in counts.enumerated() {
      seen += here
      if seen >= rank { return min(Self.highest(at: index), maximum) }
    }
    return maximum
  }

  static func index(of value: Int) -> Int {
    guard value >= exact else { return value }
    let shift = Int.bitWidth - value.leadingZeroBitCount - exactBits
    return shift * half + (value >> shift)
  }

  /// The largest value that is counted at `index`.
  static func highest(at index: Int) -> Int {
    guard index >= exact else { return index }
    let shift = (index - half) / half
    return ((index - shift * half + 1) << shift) - 1
  }
}
