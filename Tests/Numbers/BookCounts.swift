@testable import Numbers

extension Book {
  /// Where a running count differs from what is counted.
  var countContradictions: [String] {
    var found: [String] = []
    let ordered = byBusiness.keys.sorted().map(\.text)
    if businesses != ordered { found.append("the pools aren't in order") }
    var stock: [Int32: Int64] = [:]
    var returns: [Int32: [Int64]] = [:]
    for case let pool? in pools {
      for range in pool.stock.waiting { stock[range.series, default: 0] += range.count }
      for number in pool.returned.waiting {
        returns[number.series, default: []].append(number.returned)
      }
    }
    for case let entry? in series.elements {
      let index = entry.index
      if entry.stockCount != stock[index] ?? 0 { found.append("series \(index) miscounts stock") }
      if Array(entry.returns.waiting) != returns[index] ?? [] {
        found.append("series \(index) miscounts the line")
      }
    }
    return found
  }

  /// What a pool has, by looking at everything.
  func countedStock(of pool: Pool, at now: Moment) -> (remaining: Int64, quarantined: Int64) {
    guard let target = try? target(in: pool, at: now) else { return (0, 0) }
    var (remaining, quarantined): (Int64, Int64) = (0, 0)
    for range in pool.stock.waiting
    where isFresh(range.series, range.generated, in: pool, target) {
      remaining += range.count
    }
    guard pool.settings.reuse != .never else { return (remaining, 0) }
    for number in pool.returned.waiting
    where isFresh(number.series, number.generated, in: pool, target) {
      if isOutOfQuarantine(returned: number.returned, in: pool, at: now) {
        remaining += 1
      } else {
        quarantined += 1
      }
    }
    return (remaining, quarantined)
  }
}
