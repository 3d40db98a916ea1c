/// How much was counted in each of the last buckets of time: bounded, whatever was counted.
///
/// A bucket also knows for what share of its time it was looked at: no count without a look is unknown,
/// not zero.
struct CountRing: Sendable, Equatable {
  /// What fell into a bucket.
  struct Sum: Sendable, Equatable {
    var count = 0.0
    /// Time looked at, as a share of the bucket.
    var looked = 0.0
  }

  /// A bucket that was looked at all the time.
  private static let whole = 60_000.0

  /// µs of a bucket.
  let width: Int64
  private(set) var counts: [Float]
  private(set) var looks: [UInt16]
  /// The number of the newest bucket, counted from the Unix epoch.
  private(set) var newest = Int64.min

  init(width: Int64, buckets: Int) {
    self.width = width
    counts = Array(repeating: 0, count: buckets)
    looks = Array(repeating: 0, count: buckets)
  }

  /// What was kept somewhere else; nil if it can't be of such a ring.
  init?(width: Int64, newest: Int64, counts: [Float], looks: [UInt16]) {
    guard counts.count == looks.count, !counts.isEmpty,
      counts.allSatisfy({ $0 >= 0 && $0.isFinite }),
      newest == .min || (0...Int64.max / 2 / width).contains(newest)
    else { return nil }
    self.width = width
    self.newest = newest
    self.counts = counts
    self.looks = looks
  }

  /// The number of the bucket that holds `time`, µs since the Unix epoch.
  func bucket(of time: Int64) -> Int64 { floorDivide(time, width) }

  /// Spreads `count` evenly over the time from `start` to `end`, which was looked at.
  mutating func add(_ count: Double, from start: Int64, to end: Int64) {
    guard end > start else { return }
    advance(to: bucket(of: end))
    let perMicrosecond = count / Double(end - start)
    var from = max(start, (newest - Int64(counts.count) + 1) * width)
    while from < end {
      let bucket = bucket(of: from)
      let until = min(end, (bucket + 1) * width)
      let place = place(bucket)
      counts[place] += Float(perMicrosecond * Double(until - from))
      let look = (Double(until - from) / Double(width) * Self.whole).rounded()
      looks[place] = UInt16(min(Self.whole, Double(looks[place]) + look))
      from = until
    }
  }

  /// Makes a bucket the newest, forgetting those that are too old for it.
  private mutating func advance(to bucket: Int64) {
    guard bucket > newest else { return }
    let capacity = Int64(counts.count)
    let fresh = newest == .min ? capacity : min(bucket - newest, capacity)
    for offset in 0..<fresh {
      counts[place(bucket - offset)] = 0
      looks[place(bucket - offset)] = 0
    }
    newest = bucket
  }

  /// The bucket of that number; nothing where it is forgotten or still to come.
  subscript(bucket: Int64) -> Sum {
    guard bucket <= newest, newest - bucket < Int64(counts.count) else { return Sum() }
    let place = place(bucket)
    return Sum(count: Double(counts[place]), looked: Double(looks[place]) / Self.whole)
  }

  private func place(_ bucket: Int64) -> Int {
    let rest = Int(bucket % Int64(counts.count))
    return rest < 0 ? rest + counts.count : rest
  }
}

/// Rounds towards the past.
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient - 1 : quotient
}
