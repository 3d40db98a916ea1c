@testable import Numbers

/// The simplest thing that could be right: what each number is, as the answers say.
struct LifeModel {
  enum State: Equatable {
    case live(lease: Int64)
    case completed
    /// Came back at a moment of the lease clock.
    case returned(at: Int64, byRelease: Bool)
  }

  struct Number {
    var generation: UInt32
    var holder: Int
    var state: State
  }

  struct Lease {
    var holder: Int
    var ttl: Int64
    var expires: Int64
    var isImplicit: Bool
  }

  var numbers: [String: Number] = [:]
  var leases: [Int64: Lease] = [:]
  var allocated: Int64 = 0
  var completed: Int64 = 0
  var released: Int64 = 0
  var expired: Int64 = 0
  var reused: Int64 = 0
  var amount: Int64 = 0
  /// What happened to each number, in order.
  var lives: [String: [LifeLine]] = [:]
  /// What went wrong.
  var contradictions: [String] = []

  func live(of lease: Int64) -> [String] {
    numbers.filter { $0.value.state == .live(lease: lease) }.map(\.key)
  }

  mutating func allocated(
    _ allocation: Allocation, by holder: Int, ttl: Int64, quarantine: Int64, at now: Moment
  ) {
    for given in allocation.numbers {
      allocated += 1
      let isFirst = numbers[given.number] == nil
      note(isFirst ? .allocated : .reused, given, by: holder, allocation.lease, at: now)
      if let known = numbers[given.number] {
        reused += 1
        if given.generation != known.generation + 1 {
          contradictions.append("\(given.number) goes from \(known) to \(given)")
        }
        guard case .returned(let time, _) = known.state, time + quarantine <= now.boot else {
          contradictions.append("\(given.number) is handed out while \(known)")
          continue
        }
      } else if given.generation != 1 {
        contradictions.append("\(given) was never handed out before")
      }
      numbers[given.number] = Number(
        generation: given.generation, holder: holder, state: .live(lease: allocation.lease))
    }
    if leases[allocation.lease] == nil {
      leases[allocation.lease] = Lease(
        holder: holder, ttl: ttl, expires: now.boot + ttl, isImplicit: true)
    }
  }

  mutating func ended(_ number: String, _ state: State, _ detail: String = "", at now: Moment?) {
    guard case .live(let lease)? = numbers[number]?.state else { return }
    noteEnd(number, state, lease, detail, at: now)
    numbers[number]?.state = state
    switch state {
    case .completed: completed += 1
    case .returned(_, byRelease: true): released += 1
    case .returned: expired += 1
    case .live: break
    }
    if leases[lease]?.isImplicit == true, live(of: lease).isEmpty { leases[lease] = nil }
  }

  /// Everything that ran out by now.
  mutating func expire(at now: Moment) {
    for (id, lease) in leases where lease.expires <= now.boot {
      // The book may have noticed any moment since.
      for number in live(of: id) {
        ended(number, .returned(at: lease.expires, byRelease: false), at: nil)
      }
      leases[id] = nil
    }
  }

  /// How a book differs.
  func differences(from lines: BookSnapshot.PoolLines?, numbers texts: Set<String>) -> [String] {
    guard let lines else { return ["there is no pool"] }
    var found: [String] = []
    let mine = Set(
      numbers.filter { if case .live = $0.value.state { true } else { false } }.map(\.key))
    if mine != texts { found.append("live: \(mine.symmetricDifference(texts).sorted())") }
    if Set(lines.leases.keys) != Set(leases.keys) {
      found.append("leases: \(Set(lines.leases.keys).symmetricDifference(leases.keys).sorted())")
    }
    let counters = lines.counters
    let theirs = [
      counters.allocated, counters.completed, counters.released, counters.expired,
      counters.reused, lines.amounts["CNY"] ?? 0,
    ]
    let ours = [allocated, completed, released, expired, reused, amount]
    if theirs != ours { found.append("counters \(theirs), expected \(ours)") }
    return found
  }
}
