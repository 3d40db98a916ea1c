import Store
import StoreFaults
import Testing

@testable import Numbers

/// What was acknowledged of the order numbers is there after a power cut at any moment, and every
/// serial is accounted for.
@Suite(.timeLimit(.minutes(10))) struct NumberPowerLossTests {
  struct Receipt: Sendable {
    enum Deed: Int, Sendable, Comparable {
      case allocated, released, completed

      static func < (one: Deed, other: Deed) -> Bool { one.rawValue < other.rawValue }
    }

    let number: String
    let generation: UInt32
    let deed: Deed
  }

  static let amount = CompleteCommand.Amount(currency: "CNY", minor: 3)

  private func trial(
    _ seed: UInt64, _ configure: @escaping (inout StoreConfiguration) -> Void
  ) -> PowerLoss<Receipt> {
    var trial = PowerLoss<Receipt>(seed: seed, states: [NumberState.self])
    trial.configure = configure
    return trial
  }

  @Test func nothingAcknowledgedIsLostAndEverySerialIsAccountedFor() async throws {
    let problems = try await trial(SeededGenerator.seed()) { $0.checkpointPages = 60 }.run(
      work: { store, _, receipts in try await Self.work(store, receipts) }, check: Self.check)
    #expect(problems == [])
  }

  @Test func itNoticesWhenSynchronousIsOff() async throws {
    let problems = try await trial(SeededGenerator.seed()) { $0.sabotage.synchronousOff = true }
      .run(
        work: { store, _, receipts in try await Self.work(store, receipts) }, check: Self.check)
    #expect(problems != [])
  }

  @Test func itNoticesAnAnswerBeforeItsCommit() async throws {
    // On a busy machine a caller may note its answer too late for the cut: then again.
    for _ in 0..<5 {
      let problems = try await trial(SeededGenerator.seed()) {
        $0.sabotage.publishBeforeCommit = true
      }.run(
        work: { store, disk, receipts in
          try await Self.makePool(store)
          // As in the store's own test: time for callers to note an answer before its sync is done.
          disk.setSyncLatency(microseconds: 20_000)
          await Self.workers(store, receipts, rounds: 15)
        }, check: Self.check)
      if problems != [] { return }
    }
    Issue.record("nothing was noticed")
  }

  @Test func failuresOfTheDiskLoseNothingEither() async throws {
    let seed = SeededGenerator.seed()
    let trial = trial(seed) {
      $0.checkpointPages = 40
      $0.probeInterval = .milliseconds(1)
    }
    let problems = try await trial.run(
      work: { store, disk, receipts in
        try await Self.makePool(store)
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            var random = SeededGenerator(seed: seed)
            for _ in 0..<12 {
              let before = receipts.count
              let fault = FaultDisk.Fault.allCases.randomElement(using: &random) ?? .full
              disk.inject(fault, after: Int.random(in: 0..<20, using: &random))
              while receipts.count < before + 5, !receipts.isFinished { await Task.yield() }
            }
            disk.heal()
          }
          group.addTask {
            await Self.workers(store, receipts)
            receipts.finish()
          }
        }
      }, check: Self.check)
    #expect(problems == [])
  }

  private static func makePool(_ store: DurableStore) async throws {
    var settings = PoolSettings(template: "N{serial:5}{check:11,10}")
    settings.reuse = .atOnce
    settings.lowWatermark = 5
    settings.highWatermark = 20
    settings.generationBatch = 7
    _ = try await store.change { [settings] (book, now, rows) throws(Refusal) in
      try book.createPool("shop", settings, zone: .utc, at: now, rows: rows)
    }.0.get()
  }

  private static func work(_ store: DurableStore, _ receipts: Receipts<Receipt>) async throws {
    try await makePool(store)
    await workers(store, receipts)
  }

  /// Callers that take numbers, and complete a third of them and give back a third.
  private static func workers(
    _ store: DurableStore, _ receipts: Receipts<Receipt>, rounds: Int = 40
  ) async {
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<6 {
        group.addTask {
          for round in 0..<rounds { try? await Self.turn(store, receipts, worker, round) }
        }
      }
    }
  }

  private static func turn(
    _ store: DurableStore, _ receipts: Receipts<Receipt>, _ worker: Int, _ round: Int
  ) async throws {
    let caller = Caller(principal: "", holder: "w\(worker)")
    let take = AllocateCommand(business: "shop", count: 1 + round % 3, caller: caller)
    let taken = try await store.change { (book, now, rows) throws(Refusal) in
      try book.allocate(take, at: now, rows: rows)
    }.0.get().numbers
    for number in taken { receipts.acknowledged(Receipt(number, .allocated)) }
    let incarnation = store.incarnation
    if round % 3 == 0 {
      let command = CompleteCommand(
        business: "shop", caller: caller,
        items: taken.map {
          CompleteCommand.Item(number: $0.number, token: $0.token(incarnation), amount: amount)
        })
      _ = try await store.change { (book, now, rows) throws(Refusal) in
        try book.complete(command, at: now, rows: rows)
      }.0.get()
      for number in taken { receipts.acknowledged(Receipt(number, .completed)) }
    } else if round % 3 == 1 {
      let command = ReleaseCommand(
        business: "shop", caller: caller,
        items: taken.map {
          ReleaseCommand.Item(number: $0.number, token: $0.token(incarnation))
        }, reason: "")
      _ = try await store.change { (book, now, rows) throws(Refusal) in
        try book.release(command, at: now, rows: rows)
      }.0.get()
      for number in taken { receipts.acknowledged(Receipt(number, .released)) }
    }
  }

  private static func check(
    _ store: DurableStore, _ receipts: [Receipt]
  ) async throws -> [String] {
    var problems = try await store.look { book, _ in book.contradictions }
    guard !receipts.isEmpty else { return problems }
    var last: [String: [UInt32: Receipt.Deed]] = [:]
    for receipt in receipts {
      let known = last[receipt.number]?[receipt.generation]
      if known != nil, receipt.deed == .allocated {
        problems.append("\(receipt.number) was handed out twice as \(receipt.generation)")
      }
      last[receipt.number, default: [:]][receipt.generation] = max(
        known ?? .allocated, receipt.deed)
    }
    let wanted = last
    problems += try await store.change { (book, now, rows) throws(Refusal) in
      try Self.missing(wanted, from: book, at: now, rows: rows)
    }.0.get()
    return problems
  }

  private static func missing(
    _ last: [String: [UInt32: Receipt.Deed]], from book: Book, at now: Moment, rows: StoredRows
  ) throws(Refusal) -> [String] {
    var problems: [String] = []
    for (number, deeds) in last {
      guard let generation = deeds.keys.max(), let deed = deeds[generation] else { continue }
      let lock = try? book.lock("shop", number: number, at: now, rows: rows)
      guard let lock else {
        problems.append("\(number) is gone, it was \(deed)")
        continue
      }
      if lock.generation > generation, deed != .completed { continue }
      let isThere =
        switch (deed, lock.state) {
        case (.allocated, _): true
        case (.completed, .ended(_, .completed)): true
        case (.released, .ended(_, .returned)): true
        default: false
        }
      if lock.generation != generation || !isThere {
        problems.append("\(number) as \(generation) was \(deed), and is \(lock)")
      }
    }
    let counter = try book.counter("shop", at: now)
    let completed = last.values.reduce(0) { $0 + $1.values.count { $0 == .completed } }
    if counter.counters.completed < completed { problems.append("completions aren't counted") }
    let amount = counter.amounts.first?.minor ?? 0
    if amount != counter.counters.completed * Self.amount.minor {
      problems.append("\(counter.counters.completed) completed, but \(amount)")
    }
    return problems
  }
}

extension NumberPowerLossTests.Receipt {
  fileprivate init(_ number: Allocation.Number, _ deed: Deed) {
    self.init(number: number.number, generation: number.generation, deed: deed)
  }
}

extension Allocation.Number {
  fileprivate func token(_ incarnation: UInt64) -> TokenValue {
    TokenValue(incarnation: incarnation, generation: UInt64(generation))
  }
}
