import Testing

@testable import Forwarding

/// Random histories of units and their consumers against what must hold whatever happens.
@Suite struct ConsumptionHistoryTests {
  private typealias Random = IntakeHistoryTests.Random

  /// What one history knows.
  private struct History {
    let trial: ConsumptionTrial
    var random: Random
    let keys: Int
    let policy: DeadLetterPolicy
    /// Orders that no consumer can process, and those with which consumers are lost.
    var isPoison: (Int64) -> Bool
    var isDeadly: (Int64) -> Bool
    var nextConsumer: Int64 = 1
    /// By order of acknowledgement.
    var done: [Int64] = []
    /// Behind them their key went on.
    var wereDead: Set<Int64> = []
    /// Nobody acknowledged them in time, or a consumer was lost with them alone: they may be dead letters.
    var suspected: Set<Int64> = []
    var seen = 0
  }

  @Test(arguments: 0..<40)
  func nothingIsLostKeysAreInOrderAndOnlyTheGuiltyDie(seed: Int) throws {
    var random = Random(state: UInt64(seed) &+ 77)
    let policy: DeadLetterPolicy = seed % 2 == 0 ? .keyGoesOn : .keyWaits
    let keys = Int.random(in: 1...30, using: &random)
    var history = History(
      trial: try ConsumptionTrial(
        ConsumptionSettings(attempts: Int32(seed % 3) + 1, policy: policy, breakerFailures: 6)),
      random: random, keys: keys, policy: policy, isPoison: { $0 % 17 == 5 },
      isDeadly: { $0 % 41 == 7 })
    // With most of its orders out of its memory, too.
    if seed % 4 < 2 {
      history.trial.unit.consumption.bounds = WindowBounds(
        keys: 7, ordersBehindFirst: 1, ordersPerLook: seed % 3, ordersPerFill: 3)
    }
    for step in 0..<400 {
      try change(&history, inVain: step % 7 == 3)
      check(&history)
    }
    try drain(&history)
  }

  private func change(_ history: inout History, inVain: Bool) throws {
    let trial = history.trial
    let mark = trial.intake.mark
    let before = Snapshot(trial.intake)
    let knew = UnitSnapshot(trial.unit)
    let ended = try decide(&history)
    if inVain {
      trial.intake.undo(to: mark)
      #expect(Snapshot(trial.intake) == before && UnitSnapshot(trial.unit) == knew)
    } else {
      history.done += ended
    }
    trial.commit()
  }

  /// Something that a batch may do; what it acknowledges.
  private func decide(_ history: inout History) throws -> [Int64] {
    let trial = history.trial
    let unit = trial.unit
    trial.now += Int64.random(in: 0...200, using: &history.random)
    switch Int.random(in: 0..<20, using: &history.random) {
    case 0...3:
      for _ in 0..<Int.random(in: 1...5, using: &history.random) {
        let number = trial.intake.nextSequence
        let key = "k\(Int.random(in: 0..<history.keys, using: &history.random))"
        _ = trial.intake.submit(IntakeTrial.order("\(number)", key: key), at: trial.now)
      }
    case 4...5: _ = trial.intake.dispatch(at: trial.now, limit: 5)
    case 6 where unit.consumption.consumers.count < 4:
      unit.consumption.joining.append(
        Consumption.Consumer(
          id: history.nextConsumer, name: "c",
          credits: Int.random(in: 1...6, using: &history.random)))
      let joined = history.nextConsumer
      history.nextConsumer += 1
      trial.intake.note { unit.consumption.joining.removeAll { $0.id == joined } }
    case 7:
      if let consumer = unit.consumption.consumers.randomElement(using: &history.random) {
        leave(consumer.id, &history)
      }
    case 8: trial.now += 40_000_000
    case 9: expire(&history)
    case 10:
      let before = unit.consumption.pause
      unit.consumption.pause = before == nil ? UnitPause(since: 0, reason: "", principal: "") : nil
      trial.intake.note { unit.consumption.pause = before }
    case 11:
      let letters = trial.intake.deadLetters(of: unit, after: 0, limit: 2)
      try trial.intake.redrive(letters, at: unit)
    default: return settle(&history)
    }
    return []
  }

  private func expire(_ history: inout History) {
    let trial = history.trial
    let late = trial.unit.consumption.deliveries.values.filter { $0.deadline <= trial.now }
    history.suspected.formUnion(late.map(\.sequence))
    _ = trial.intake.expire(trial.unit, at: trial.now, wall: 0)
  }

  private func leave(_ id: Int64, _ history: inout History) {
    let trial = history.trial
    let alone = trial.deliveries(of: id).filter(\.isAlone)
    history.suspected.formUnion(alone.map(\.sequence))
    trial.intake.leave(
      id, of: trial.unit, isLost: Bool.random(using: &history.random), at: trial.now, wall: 0)
  }

  /// Consumers do what they do with some of what they have in hand.
  private func settle(_ history: inout History) -> [Int64] {
    let trial = history.trial
    var done: [Int64] = []
    for delivery in trial.unit.consumption.deliveries.values.sorted(by: { $0.token < $1.token })
    where Bool.random(using: &history.random) {
      guard let delivery = try? trial.intake.delivery(delivery.token, of: trial.unit) else {
        continue
      }
      if history.isDeadly(delivery.sequence) {
        trial.intake.leave(
          delivery.consumer, of: trial.unit, isLost: true, at: trial.now, wall: 0)
      } else if history.isPoison(delivery.sequence) {
        trial.intake.fail(
          delivery, of: trial.unit, reason: "poison",
          due: trial.now + Int64.random(in: 0...300, using: &history.random), at: trial.now, wall: 0
        )
      } else {
        trial.intake.acknowledge(delivery, of: trial.unit)
        done.append(delivery.sequence)
      }
    }
    return done
  }

  /// What must hold after every step.
  private func check(_ history: inout History) {
    let unit = history.trial.unit
    let deliveries = unit.consumption.deliveries.values
    #expect(Set(deliveries.map(\.key)).count == deliveries.count, "one delivery a key")
    for consumer in unit.consumption.consumers {
      let inHand = deliveries.count { $0.consumer == consumer.id }
      #expect(inHand == consumer.inHand && inHand <= consumer.credits)
    }
    #expect(
      deliveries.allSatisfy { one in
        unit.consumption.consumers.contains { $0.id == one.consumer }
      })
    let letters = history.trial.intake.deadLetters(of: unit, after: 0, limit: .max)
    #expect(unit.consumption.dead == letters.count)
    history.wereDead.formUnion(letters)
    // What is handed out is the first of its key, unless an operator put another in front since.
    for delivery in history.trial.handed[history.seen...] {
      let earlier = (1..<delivery.sequence).filter {
        history.trial.intake.keys[$0] == delivery.key && unit.place(of: $0) == .queued
      }
      #expect(earlier.isEmpty, "\(delivery.sequence) before \(earlier)")
    }
    history.seen = history.trial.handed.count
  }

  /// In the end all goes through, and what can't is dead.
  private func drain(_ history: inout History) throws {
    let trial = history.trial
    let unit = trial.unit
    unit.consumption.pause = nil
    for round in 0..<3_000 {
      trial.now += 1_000
      if round % 50 == 49 { trial.now += 400_000_000 }
      trial.dispatch()
      if unit.consumption.consumers.isEmpty {
        unit.consumption.joining.append(
          Consumption.Consumer(id: history.nextConsumer, name: "c", credits: 50))
        history.nextConsumer += 1
      }
      expire(&history)
      trial.commit()
      trial.pass(0)
      check(&history)
      history.done += settle(&history)
      trial.commit()
      check(&history)
      if history.policy == .keyWaits, unit.consumption.deliveries.isEmpty, round % 50 == 48 {
        try trial.intake.purge(trial.intake.deadLetters(of: unit, after: 0, limit: .max), at: unit)
      }
      // Where all that is left is bad, only an operator can tell.
      if round == 500 {
        unit.consumption.settings.breakerFailures = 0
        trial.intake.closeBreaker(of: unit)
      }
      if unit.depth == 0 { break }
    }
    #expect(unit.depth == 0 && trial.intake.count(.forwarded) == trial.intake.kept)
    var last: [UInt64: Int64] = [:]
    #expect(Set(history.done).count == history.done.count, "acknowledged once")
    for sequence in 1..<trial.intake.nextSequence {
      let isGuilty = history.isPoison(sequence) || history.isDeadly(sequence)
      let isDone = history.done.contains(sequence)
      #expect(isGuilty ? !isDone : isDone || history.suspected.contains(sequence), "\(sequence)")
      #expect(isDone ? unit.place(of: sequence) == .done : unit.place(of: sequence) != .queued)
    }
    for sequence in history.done where !history.wereDead.contains(sequence) {
      let key = trial.intake.keys[sequence]
      #expect(last[key] ?? 0 < sequence)
      last[key] = sequence
    }
  }
}

/// What a batch that is taken back must leave as it was.
private struct UnitSnapshot: Equatable {
  var places: [UnitPlace]
  var failures: [Int64: OrderFailures]
  var numbers: [Int]
  var deadKeys: [UInt64: Int]
  var breaker: UnitBreaker
  var losses: [Int64: Int32]
  var endings: Int

  init(_ unit: ForwardUnit) {
    let consumption = unit.consumption
    places = (1...200).map { unit.place(of: $0) }
    failures = consumption.failures
    numbers = [
      unit.depth, consumption.dead, consumption.arrivals.count, consumption.joining.count,
      consumption.leaving.count, consumption.mustRebuild ? 1 : 0,
    ]
    deadKeys = consumption.deadKeys
    breaker = consumption.breaker
    losses = consumption.losses
    endings = consumption.endings.count
  }
}
