/// What is remembered of the demand of one pool: minutes for two hours, half hours for a week. About
/// 3 KB, however much is allocated.
///
/// It is told a counter that only grows, once a minute or so; what a call costs doesn't change by it.
struct DemandHistory: Sendable, Equatable {
  private(set) var minutes: CountRing
  private(set) var slots: CountRing
  private(set) var pattern = DayPattern()
  private var patternMade = Int64.min
  /// The last look, with the counter then.
  private(set) var last: Look?
  private(set) var scores = ForecastScores()
  /// The level at the last look, so that asking costs little.
  private var lastLevel: DemandLevel?

  struct Look: Sendable, Equatable {
    var total: Int64
    /// µs since the Unix epoch.
    var time: Int64
  }

  init() {
    minutes = CountRing(width: ForecastLimits.minute, buckets: ForecastLimits.minutes)
    slots = CountRing(
      width: ForecastLimits.slot, buckets: ForecastLimits.slotsPerDay * ForecastLimits.days + 1)
  }

  /// What was kept before a restart.
  init(minutes: CountRing, slots: CountRing, last: Look?, scores: ForecastScores) {
    self.minutes = minutes
    self.slots = slots
    self.last = last
    self.scores = scores
  }

  /// Takes in that the counter shows `total` at `now`, µs since the Unix epoch.
  mutating func look(_ total: Int64, at now: Int64) {
    guard let before = last else {
      last = Look(total: total, time: now)
      return
    }
    guard now > before.time else { return }
    last = Look(total: total, time: now)
    guard now - before.time <= ForecastLimits.longestGap, total >= before.total else {
      scores.forgetOutstanding()
      lastLevel = nil
      return
    }
    let count = Double(total - before.total)
    minutes.add(count, from: before.time, to: now)
    slots.add(count, from: before.time, to: now)
    remakePattern(at: now)
    lastLevel = makeLevel(at: now)
    scores.settle(total, at: now, since: before)
    for horizon in scores.free {
      guard let demand = demand(at: now, ahead: horizon), demand >= 1 else { continue }
      scores.expect(demand, within: horizon, total, at: now)
    }
  }

  private mutating func remakePattern(at now: Int64) {
    let slot = slots.bucket(of: now)
    guard slot != patternMade else { return }
    pattern = DayPattern(slots, before: slot)
    patternMade = slot
  }

  /// How high demand is at `now`.
  func level(at now: Int64) -> DemandLevel {
    if let last, let lastLevel, now - last.time < ForecastLimits.minute { return lastLevel }
    return makeLevel(at: now)
  }

  private func makeLevel(at now: Int64) -> DemandLevel {
    DemandLevel(
      pieces(before: now), usual: usualLevel(at: now),
      isLimited: pattern.days < ForecastLimits.leastDays)
  }

  /// Ends of the windows that are tried, in minutes before now, then in hours.
  private static let minuteEnds: [Int64] = [5, 10, 15, 20, 30, 45, 60, 90, 120]
  private static let hourEnds: [Int64] = [3, 4, 6, 8, 12, 16, 24, 36, 48]

  private func pieces(before now: Int64) -> [DemandLevel.Piece] {
    var pieces: [DemandLevel.Piece] = []
    let end = minutes.bucket(of: now)
    var from: Int64 = 0
    for until in Self.minuteEnds {
      pieces.append(piece(of: minutes, end - until..<end - from))
      from = until
    }
    // From the last slot that ends before the minutes begin.
    let last = slots.bucket(of: now - from * ForecastLimits.minute)
    let perHour = ForecastLimits.hour / ForecastLimits.slot
    var used: Int64 = 0
    for until in Self.hourEnds {
      let reach = (until * 60 - from) * perHour / 60
      pieces.append(piece(of: slots, last - reach..<last - used))
      used = reach
    }
    return pieces
  }

  private func piece(of ring: CountRing, _ buckets: Range<Int64>) -> DemandLevel.Piece {
    var piece = DemandLevel.Piece()
    piece.length = Int64(buckets.count) * ring.width
    for bucket in buckets {
      let sum = ring[bucket]
      guard sum.looked > 0 else { continue }
      piece.count += sum.count
      piece.exposure +=
        sum.looked * Double(ring.width) * pattern.factor(at: bucket * ring.width + ring.width / 2)
    }
    return piece
  }

  /// The middle level of the slots of a day before `now`.
  private func usualLevel(at now: Int64) -> Double {
    let end = slots.bucket(of: now)
    var levels: [Double] = []
    var all = DemandLevel.Piece()
    for back in 1...Int64(ForecastLimits.slotsPerDay) {
      let piece = piece(of: slots, end - back..<end - back + 1)
      all.count += piece.count
      all.exposure += piece.exposure
      if piece.exposure > Double(slots.width) / 100 { levels.append(piece.count / piece.exposure) }
    }
    guard all.exposure > 0 else { return 0 }
    guard all.count > Double(levels.count) * ForecastLimits.countsForMiddle else {
      return all.count / all.exposure
    }
    return DayPattern.middle(levels)
  }

  /// Whether anything was ever counted, in what is remembered.
  var hasDemand: Bool { slots.counts.contains { $0 > 0 } }

  /// Time looked at in what the window of `level` can be made of, µs.
  func looked(at now: Int64) -> Int64 {
    let end = minutes.bucket(of: now)
    var sum = 0.0
    for bucket in end - Int64(ForecastLimits.minutes) + 1...end { sum += minutes[bucket].looked }
    return Int64(sum * Double(minutes.width))
  }
}
