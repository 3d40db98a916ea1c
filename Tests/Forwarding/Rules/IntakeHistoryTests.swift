import Testing

@testable import Forwarding

/// Random histories of an intake against a model that knows only orders, keys and codes.
@Suite struct IntakeHistoryTests {
  struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state ^ state >> 33) &* 0xff51_afd7_ed55_8ccd
    }
  }

  /// What was taken: the key, the code (nil: a cancellation), and who got it, by the rules of its turn.
  struct Taken {
    var sequence: Int64
    var number: Int
    var key: String
    var code: ExactText?
    var original: Int64
    /// It had to wait for goods.
    var lacked = false
  }

  @Test(arguments: 0..<60)
  func orderOfAKeyIsKeptAndNothingIsLost(seed: Int) throws {
    var random = Random(state: UInt64(seed))
    var trial = IntakeTrial(lanes: 2, window: 3, batchSize: 4)
    var taken: [Taken] = []
    /// Of each unit, in the order of arrival.
    var arrivals: [String: [Int64]] = [:]
    /// Orders whose goods were looked up when they went on.
    var lookedUp: Set<Int64> = []
    for step in 0..<120 {
      trial.now += Int64.random(in: 0...2, using: &random)
      let mark = trial.intake.mark
      let before = Snapshot(trial.intake)
      let totals = trial.intake.look(at: 0)
      change(&trial, &taken, &random)
      // Once in a while a change is taken back, and must leave nothing behind.
      if step % 5 == 4 {
        trial.intake.undo(to: mark)
        #expect(Snapshot(trial.intake) == before)
        #expect(trial.intake.look(at: 0) == totals)
        taken.removeAll { $0.sequence >= trial.intake.nextSequence }
      }
      lookUp(trial, &lookedUp)
      trial.intake.settle()
      note(trial.intake, &arrivals)
    }
    trial.now += 100
    try trial.intake.put(unit: "all", codes: ["A", "B", "C"], at: 0)
    for good in 0..<Self.goods { trial.put("g\(good)") }
    // What waited for goods waits for the window of its lane, too.
    while let due = trial.intake.due {
      trial.now = max(trial.now, due)
      _ = trial.intake.dispatch(at: trial.now, limit: 1, known: trial.catalog.known)
      lookUp(trial, &lookedUp)
      trial.intake.settle()
      note(trial.intake, &arrivals)
    }
    check(trial.intake, taken, arrivals)
    let lacked = taken.filter { $0.lacked && trial.intake.place(of: $0.sequence) == .forwarded }
    #expect(Set(lacked.map(\.sequence)) == lookedUp)
  }

  private static let goods = 12

  /// What went on since the last look has the versions that hold now.
  private func lookUp(_ trial: IntakeTrial, _ lookedUp: inout Set<Int64>) {
    for (sequence, versions) in trial.intake.waiting.lookedUp {
      #expect(lookedUp.insert(sequence).inserted)
      #expect(!versions.isEmpty && versions.allSatisfy { $0.manufacturer == 10 * $0.good })
      #expect(versions.allSatisfy { trial.catalog.versions.values.contains($0.good) })
    }
  }

  private func change(
    _ trial: inout IntakeTrial, _ taken: inout [Taken], _ random: inout Random
  ) {
    let number = Int.random(in: 0..<40, using: &random)
    let key = "k\(number % 5)"
    let code = (["A", "B", "C"] as [ExactText])[number % 3]
    switch Int.random(in: 0..<13, using: &random) {
    case 0...4:
      let goods = number % 3 == 0 ? ["g\(number % Self.goods)", "g\(number % 5)"] : []
      let lacked = trial.catalog.lacked(of: goods) != nil
      let submitted = trial.submit("\(number)", key: key, code: code, goods: goods)
      if case .taken(let sequence) = submitted {
        taken.append(
          Taken(
            sequence: sequence, number: number, key: key, code: code, original: 0, lacked: lacked))
      }
    case 5:
      if case .taken(let sequence) = trial.cancel("\(number)", key: key) {
        let original = taken.last { $0.number == number && $0.code != nil }?.sequence ?? 0
        taken.append(
          Taken(sequence: sequence, number: number, key: key, code: nil, original: original))
      }
    case 6...8:
      _ = trial.intake.dispatch(
        at: trial.now, limit: Int.random(in: 1...6, using: &random), known: trial.catalog.known)
    case 9:
      let codes = (["A", "B", "C"] as [ExactText]).filter { _ in Bool.random(using: &random) }
      try? trial.intake.put(unit: "u\(Int.random(in: 0..<3, using: &random))", codes: codes, at: 0)
    case 10:
      let settings = IntakeSettings(
        lanes: Int32.random(in: 1...4, using: &random), window: 3,
        batchSize: Int32.random(in: 1...4, using: &random))
      try? trial.intake.change(settings)
    case 11: trial.put("g\(Int.random(in: 0..<Self.goods, using: &random))")
    default:
      _ = try? trial.intake.delete(
        unit: "u\(Int.random(in: 0..<3, using: &random))",
        force: Int.random(in: 0..<4, using: &random) == 0)
    }
  }

  /// What arrived at the units since the last look.
  private func note(_ intake: Intake, _ arrivals: inout [String: [Int64]]) {
    for name in arrivals.keys where intake.units[ExactText(name)] == nil { arrivals[name] = nil }
    for unit in intake.units.values {
      let name = unit.name
      let known = Set(arrivals[name] ?? [])
      let queue = unit.queue.sequences(
        at: UnitPlace.queued.rawValue, after: 0, through: intake.nextSequence, limit: .max)
      #expect(known.isSubset(of: queue))
      arrivals[name, default: []] += queue.filter { !known.contains($0) }
      #expect(unit.depth == queue.count)
    }
  }

  private func check(_ intake: Intake, _ taken: [Taken], _ arrivals: [String: [Int64]]) {
    let bySequence = Dictionary(uniqueKeysWithValues: taken.map { ($0.sequence, $0) })
    #expect(taken.map(\.sequence) == Array(1..<intake.nextSequence))
    for order in taken where intake.place(of: order.sequence) != .forwarded {
      #expect(intake.place(of: order.sequence) == .withdrawn && order.lacked)
      #expect(taken.contains { $0.original == order.sequence })
      #expect(!arrivals.values.contains { $0.contains(order.sequence) })
    }
    #expect(intake.count(.forwarded) + intake.count(.withdrawn) == taken.count)
    #expect(intake.lines.isEmpty && intake.quarantine.isEmpty)
    let waiting = intake.waiting
    #expect(waiting.lines.isEmpty && waiting.awaited.isEmpty && waiting.lacking.isEmpty)
    #expect(waiting.lackedGoods == 0)
    for (unit, sequences) in arrivals {
      var last: [String: Int64] = [:]
      for sequence in sequences {
        guard let order = bySequence[sequence] else {
          Issue.record("\(unit) got \(sequence), which nobody gave in")
          continue
        }
        #expect(last[order.key] ?? 0 < sequence, "\(unit): \(order.key)")
        last[order.key] = sequence
      }
      // A cancellation is where its order is, and nowhere else.
      for order in taken where order.code == nil {
        #expect(sequences.contains(order.sequence) == sequences.contains(order.original))
      }
    }
  }
}

/// All that an undo has to restore.
struct Snapshot: Equatable {
  var places: [OrderPlace]
  var queues: [ExactText: [Int64]]
  var lanes: [[[Int64]]]
  var lines: [UInt64: Int]
  var quarantine: [ExactText: Set<UInt64>]
  var released: Set<UInt64>
  var matches: [ExactText: [String]]
  var numbers: [Int64]
  var waiting: [UInt64: Int]
  var lacking: [Int64: [String]]
  var awaited: [ExactText: Set<UInt64>]
  var supplied: Set<UInt64>

  init(_ intake: Intake) {
    places = (1...200).map { intake.place(of: $0) }
    queues = intake.units.mapValues {
      $0.queue.sequences(at: 1, after: 0, through: 200, limit: .max) + [Int64($0.depth)]
    }
    lanes = intake.layouts.map { layout in
      layout.lanes.map { lane in [lane.first?.sequence ?? 0, Int64(lane.count)] }
        + [[layout.from, Int64(layout.depth)]]
    }
    lines = intake.lines.mapValues(\.count)
    quarantine = intake.quarantine
    released = Set(intake.released)
    matches = intake.unitsByCode.mapValues { $0.map(\.name) }
    numbers =
      [intake.nextSequence, intake.rulesVersion, Int64(intake.kept), Int64(intake.nextUnit)]
      + intake.counts.map(Int64.init) + [Int64(intake.waiting.lackedGoods)]
    waiting = intake.waiting.lines.mapValues(\.count)
    lacking = intake.waiting.lacking
    awaited = intake.waiting.awaited
    supplied = Set(intake.waiting.supplied)
  }
}
