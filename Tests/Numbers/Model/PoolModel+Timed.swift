@testable import Numbers

/// What the server does by itself shows in this: the numbers in stock with the moments at which
/// they were made, those in line, and the leases.
struct PoolTrace: Equatable, Sendable {
  struct Made: Equatable, Sendable {
    var number: NumberKey
    var made: Int64
  }

  var stock: [Made] = []
  var line: [NumberKey] = []
  var leases: Set<Int64> = []
}

extension PoolModel {
  /// Follows what the server did by itself before a moment, and says what it mustn't have done.
  mutating func follow(_ trace: PoolTrace, _ now: Moment) -> [String] {
    followExpiry(trace, now) + followGenerator(trace, now)
  }

  private mutating func followExpiry(_ trace: PoolTrace, _ now: Moment) -> [String] {
    var found: [String] = []
    let gone = leases.filter { !trace.leases.contains($0.key) }
    for (id, lease) in gone where lease.expires > now.boot {
      found.append("lease \(id) ended \(lease.expires - now.boot) µs early")
    }
    var back = gone.keys.flatMap { held(under: $0) }
    // They come back lease by lease, in the order in which these ran out.
    let places = Dictionary(
      trace.line.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { $1 })
    back.sort { places[$0] ?? -1 < places[$1] ?? -1 }
    let ends = back.map { expiry(of: $0) }
    if settings.reuse != .never, ends != ends.sorted() {
      found.append("numbers came back in another order than their leases ran out")
    }
    for key in back {
      giveBack(key, .expired, "", now)
      counters.expired += 1
    }
    for id in gone.keys { leases[id] = nil }
    if line.map(\.number) != trace.line {
      found.append("in line are \(trace.line), expected \(line.map(\.number))")
    }
    return found
  }

  private func expiry(of key: NumberKey) -> Int64 {
    guard case .live(let holding)? = numbers[key]?.state else { return 0 }
    return leases[holding.lease]?.expires ?? 0
  }

  /// It drops what is too old in front, and makes numbers up to the high watermark.
  private mutating func followGenerator(_ trace: PoolTrace, _ now: Moment) -> [String] {
    var found: [String] = []
    while let first = stock.first, trace.stock.first?.number != first {
      if isFresh(first, now) { found.append("\(first) was dropped, and is still fresh") }
      lapse(stock.removeFirst(), now)
    }
    let more = trace.stock.count - stock.count
    if more > 0 {
      if cause(.generation) != nil { found.append("the generator went on though it is stopped") }
      make(Int64(more), now)
      if stock.count > settings.highWatermark {
        found.append("\(stock.count) in stock, above the high watermark")
      }
    }
    let mine = stock.map { PoolTrace.Made(number: $0, made: numbers[$0]?.made ?? 0) }
    if mine != trace.stock { found.append("in stock are \(trace.stock), expected \(mine)") }
    return found
  }

  /// Once everything that was due is done.
  func isSettled(_ now: Moment) -> [String] {
    var found: [String] = []
    for (id, lease) in leases where lease.expires <= now.boot {
      found.append("lease \(id) should have run out")
    }
    if stock.count < settings.lowWatermark, cause(.generation) == nil,
      serialsLeft(target(now).series) > 0
    {
      found.append("\(stock.count) in stock, below the low watermark")
    }
    return found
  }
}
