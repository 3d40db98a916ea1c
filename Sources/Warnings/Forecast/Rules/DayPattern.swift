/// How demand is spread over the day: a factor for each slot of it, 1 on average.
///
/// Made from the whole days before now. A slot's factor is the middle one of its days, so that one day's
/// flash sale isn't taken for a habit; then all are drawn towards 1, the more the days differ among
/// themselves, so that chance isn't taken for a pattern.
struct DayPattern: Sendable, Equatable {
  /// One a slot, the first from midnight UTC; empty where demand is the same all day, or not known.
  private(set) var factors: [Float] = []
  /// Days that were looked at.
  private(set) var days = 0
  /// What comes on top at no fixed time, such as flash sales: a share of the usual demand.
  private(set) var irregular = 0.0

  init() {}

  /// From the slots before the one of number `end` that `ring` still has.
  init(_ ring: CountRing, before end: Int64) {
    var count = 0.0
    let shares = (0..<ForecastLimits.days).compactMap { day in
      Self.shares(of: ring, last: end - 1 - Int64(day * ForecastLimits.slotsPerDay), &count)
    }
    days = shares.count
    guard days >= ForecastLimits.leastDays else { return }
    var middles: [Double] = []
    var noise = 0.0
    for slot in 0..<ForecastLimits.slotsPerDay {
      let values = shares.map { $0[slot] }
      let middle = Self.middle(values)
      middles.append(middle)
      // The middle distance from the middle tells the standard deviation, whatever a few odd days do.
      let deviation = Self.middle(values.map { abs($0 - middle) }) * (days > 3 ? 1.6 : 2.2)
      noise += deviation * deviation
    }
    if Self.isDense(count, days) { irregular = Self.peaks(shares, middles) }
    // A middle one is π/2 times as noisy as a mean.
    take(middles, noise: noise * 1.57 / Double(days))
  }

  private mutating func take(_ middles: [Double], noise: Double) {
    let mean = middles.reduce(0, +) / Double(middles.count)
    guard mean > 0 else { return }
    let signal = middles.reduce(0) { $0 + ($1 - 1) * ($1 - 1) }
    guard signal > noise else { return }
    let share = 1 - noise / signal
    factors = middles.map { Float(max(Self.leastFactor, 1 + share * ($0 / mean - 1))) }
  }

  /// A peak is so many times as high as what is two hours before and after it.
  private static let peak = 3.5
  private static let peakReach = 4
  /// Steps of the level look like a few peaks at the ends of days: less than this share says nothing.
  private static let leastPeaks = 0.05

  /// What is in short peaks outside the pattern, as a share of all.
  private static func peaks(_ shares: [[Double]], _ middles: [Double]) -> Double {
    var peaks = 0.0
    var all = 0.0
    for day in shares {
      let ratios = zip(day, middles).map { $1 > 0 ? $0 / $1 : 0 }
      for slot in ratios.indices {
        all += middles[slot]
        let before = ratios[(slot + ratios.count - peakReach) % ratios.count]
        let after = ratios[(slot + peakReach) % ratios.count]
        if ratios[slot] > peak * max(before, after) { peaks += day[slot] - middles[slot] }
      }
    }
    guard all > 0, peaks > leastPeaks * all else { return 0 }
    return peaks / all
  }

  /// No time of day is counted as if nothing ever happened in it.
  private static let leastFactor = 0.02

  private static func isDense(_ count: Double, _ days: Int) -> Bool {
    count > Double(days * ForecastLimits.slotsPerDay) * 2 * ForecastLimits.countsForMiddle
  }

  static func middle(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let half = sorted.count / 2
    guard half > 0 else { return sorted.first ?? 0 }
    return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  }

  /// What each slot had of the day that ends with slot number `last`, relative to the day's mean; nil
  /// where too little of the day was looked at, or nothing was counted.
  private static func shares(
    of ring: CountRing, last: Int64, _ count: inout Double
  ) -> [Double]? {
    let slots = ForecastLimits.slotsPerDay
    var shares = Array(repeating: 1.0, count: slots)
    var rates: [(slot: Int, rate: Double)] = []
    var total = CountRing.Sum()
    for number in (last - Int64(slots) + 1)...last {
      let sum = ring[number]
      total.count += sum.count
      total.looked += sum.looked
      guard sum.looked > 0.5 else { continue }
      rates.append((slot(of: number), sum.count / sum.looked))
    }
    guard total.looked > Double(slots) * ForecastLimits.shareOfDay, total.count > 0 else {
      return nil
    }
    count += total.count
    let mean = total.count / total.looked
    for (slot, rate) in rates { shares[slot] = rate / mean }
    return shares
  }

  private static func slot(of number: Int64) -> Int {
    let rest = Int(number % Int64(ForecastLimits.slotsPerDay))
    return rest < 0 ? rest + ForecastLimits.slotsPerDay : rest
  }

  /// The factor at a moment, µs since the Unix epoch: between the middles of the slots around it.
  func factor(at time: Int64) -> Double {
    guard !factors.isEmpty else { return 1 }
    let fromMiddle = time - ForecastLimits.slot / 2
    let number = floorDivide(fromMiddle, ForecastLimits.slot)
    let share = Double(fromMiddle - number * ForecastLimits.slot) / Double(ForecastLimits.slot)
    let slot = Self.slot(of: number)
    let next = slot + 1 == factors.count ? 0 : slot + 1
    return Double(factors[slot]) * (1 - share) + Double(factors[next]) * share
  }
}
