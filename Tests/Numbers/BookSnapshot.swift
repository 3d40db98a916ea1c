@testable import Numbers

/// All that a book knows, in a form that can be compared: places in tables don't count.
struct BookSnapshot: Equatable {
  struct LockLine: Equatable {
    var generation: UInt32
    var caller: Caller
    var lease: Int64
    var allocated: Int64
    var generated: Int64
    var event: Int64
  }

  struct LeaseLine: Equatable {
    var caller: Caller
    var ttl: Int64
    var expires: Int64
    var count: Int64
    var isImplicit: Bool
    var event: Int64
  }

  struct PoolLines: Equatable {
    var settings: PoolSettings
    var stops: PoolStops
    var nextChange: Int64
    var quotas: [QuotaTable.Quota]
    /// Live numbers by owner.
    var held: [Caller: Int64]
    var counters: Counters
    var amounts: [String: Int64]
    var lastGenerated: Int64
    var nextLease: Int64
    var stockCount: Int64
    var ranges: [[Int64]]
    var returned: [[Int64]]
    var leases: [Int64: LeaseLine] = [:]
    var locks: [NumberKey: LockLine] = [:]
    var next: [NumberKey: Int64] = [:]
    var counts: [NumberKey: SeriesCounts] = [:]
    var nextEvent: Int64
  }

  var pools: [String: PoolLines] = [:]
  var callers: Int

  /// Reads the book, and checks that what is kept in two places is the same in both.
  init(_ book: Book) {
    callers = book.callers.count
    for case let pool? in book.pools {
      var lines = PoolLines(
        settings: pool.settings, stops: pool.stops, nextChange: pool.nextChange,
        quotas: pool.quotas.entries,
        held: Dictionary(uniqueKeysWithValues: pool.held.map { (book.callers[$0], $1) }),
        counters: pool.counters, amounts: pool.amounts,
        lastGenerated: pool.lastGenerated, nextLease: pool.nextLease,
        stockCount: pool.stockCount,
        ranges: pool.stock.waiting.map { range in
          [
            Int64(book.series[range.series]?.edition ?? -1),
            Int64(book.series[range.series]?.period ?? -1), range.first, range.next, range.last,
            range.generated, range.event,
          ]
        },
        returned: pool.returned.waiting.map { number in
          [
            Int64(book.series[number.series]?.edition ?? -1),
            Int64(book.series[number.series]?.period ?? -1), number.serial,
            Int64(number.generation), number.generated, number.returned, number.event,
          ]
        }, nextEvent: pool.nextEvent)
      for (id, index) in pool.leases {
        guard let lease = book.leases[index] else { continue }
        lines.leases[id] = LeaseLine(
          caller: book.callers[lease.caller], ttl: lease.ttl, expires: lease.expires,
          count: lease.count, isImplicit: lease.isImplicit, event: lease.event)
      }
      for edition in pool.editions {
        for index in edition.series.values {
          guard let series = book.series[index] else { continue }
          let recent = edition.series.keys.sorted().suffix(Limits.recentPeriods)
          let isKept = series.uses > 0 || !series.live.isEmpty || recent.contains(series.period)
          if series.next > edition.form.firstSerial, isKept {
            lines.next[book.key(series, 0)] = series.next
            lines.counts[book.key(series, 0)] = series.counts
          }
          for (serial, slot) in series.live {
            guard let lock = book.locks[slot] else { continue }
            lines.locks[book.key(series, serial)] = LockLine(
              generation: lock.generation, caller: book.callers[lock.caller],
              lease: book.leases[lock.lease]?.id ?? 0, allocated: lock.allocated,
              generated: lock.generated, event: lock.event(of: serial))
          }
        }
      }
      pools[pool.business] = lines
    }
  }
}

extension BookSnapshot {
  /// The parts that differ, by pool.
  func differences(from other: BookSnapshot) -> [String] {
    var found = callers == other.callers ? [] : ["callers \(other.callers), now \(callers)"]
    for business in Set(pools.keys).union(other.pools.keys) {
      guard let now = pools[business], let before = other.pools[business] else {
        found.append(business)
        continue
      }
      for (one, two) in zip(Mirror(reflecting: before).children, Mirror(reflecting: now).children)
      where "\(one.value)" != "\(two.value)" {
        found.append("\(business) \(one.label ?? ""): \(one.value), now \(two.value)")
      }
    }
    return found
  }
}

extension Book {
  /// What must be true between any two calls; empty where it is.
  var contradictions: [String] {
    var found: [String] = countContradictions
    var uses: [Int32: Int] = [:]
    var held: [Int32: Int64] = [:]
    for case let pool? in pools {
      let counters = pool.counters
      let stock = pool.stock.waiting.reduce(0) { $0 + $1.count }
      if stock != pool.stockCount { found.append("\(pool.business): stock \(stock)") }
      if counters.generated != counters.allocated - counters.reused + counters.lapsed + stock {
        found.append("\(pool.business): generated doesn't add up: \(counters), stock \(stock)")
      }
      let waiting = Int64(pool.returned.count)
      if counters.released + counters.expired != counters.reused + counters.retired + waiting {
        found.append("\(pool.business): returned doesn't add up: \(counters), line \(waiting)")
      }
      var live = 0
      var owned: [Int32: Int64] = [:]
      for index in pool.editions.flatMap({ $0.series.values }) {
        live += series[index]?.live.count ?? 0
        for case let slot? in series[index]?.live.values.map({ locks[$0] }) ?? [] {
          owned[callers.owner(slot.caller), default: 0] += 1
        }
      }
      if owned != pool.held { found.append("\(pool.business): miscounts holders") }
      if Int64(live) != counters.live { found.append("\(pool.business): \(live) live") }
      for range in pool.stock.waiting { uses[range.series, default: 0] += 1 }
      for number in pool.returned.waiting { uses[number.series, default: 0] += 1 }
    }
    for (index, entry) in series.elements.enumerated() {
      guard let entry else { continue }
      if entry.uses != uses[Int32(index)] ?? 0 { found.append("series \(index) has wrong uses") }
      for (serial, slot) in entry.live {
        guard let lock = locks[slot] else {
          found.append("serial \(serial) has no lock")
          continue
        }
        if !(lock.first...lock.last).contains(serial) {
          found.append("serial \(serial) has another's lock")
        }
        if lock.lease >= 0 { held[lock.lease, default: 0] += 1 }
      }
    }
    for (index, count) in held where leases[index]?.count != count {
      found.append("lease \(index) has \(count) numbers")
    }
    for case let pool? in pools {
      for index in pool.leases.values {
        var count: Int64 = 0
        var next = leases[index]?.first ?? -1
        while next >= 0, count < 100_000 {
          count += locks[next]?.count ?? 1
          next = locks[next]?.next ?? -1
        }
        if leases[index]?.count != count { found.append("lease \(index) has a broken chain") }
      }
    }
    return found
  }
}
