import Store
import StoreFaults
import Synchronization

@testable import Forwarding

/// Runs a history on a server's book and on the model side by side, and compares.
struct ForwardingRun {
  private var stored: StoredForwarding
  private var model: ForwardingModel
  private var callers = ForwardingCallers()
  private var outboxes: [Int64: ConsumerOutbox] = [:]
  private var isRestarted = false
  private var found: [String] = []

  init() throws {
    stored = try StoredForwarding()
    model = ForwardingModel(settings: Self.settings)
  }

  private static let settings = IntakeSettings(lanes: 2, window: 0, batchSize: 3)

  /// The first step after which they differ, and how. Behind the last one all orders go through.
  mutating func run(_ steps: [ForwardingStep]) async throws -> (step: Int, found: [String])? {
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put(ForwardingCall.business, Self.settings, ForwardingCapacity(), batch)
    }
    var place = 0
    while place < steps.count, found.isEmpty {
      try await take(steps[place])
      if found.isEmpty { try await compare() }
      if case .restart = steps[place], found.isEmpty { try await compareWithTables() }
      place += 1
    }
    if found.isEmpty { try await drain() }
    if found.isEmpty { try await compareWithTables() }
    await stored.store.close()
    return found.isEmpty ? nil : (max(0, place - 1), found)
  }

  private mutating func take(_ step: ForwardingStep) async throws {
    switch step {
    case .commands(let commands): try await run(commands)
    case .pass(let time): stored.clock.advance(by: .milliseconds(time))
    case .stepWall(let time): stored.clock.stepWall(by: .seconds(time))
    case .crash(true, let commands):
      try await run(commands)
      try await crash(during: [])
    case .crash(false, let commands): try await crash(during: commands)
    case .restart:
      try await stored.reopen()
      isRestarted = true
    }
  }

  // MARK: - Sending commands

  private typealias Outcome = Result<ForwardingAnswer, StoreError>

  private static func send(
    _ sent: SentCall, place: Int, to store: DurableStore, _ log: ForwardingLog
  ) async -> Outcome {
    let book = store.state(of: ForwardingBook.self)
    do throws(StoreError) {
      return .success(
        try await store.execute(caller: "test") { (batch) throws(StoreError) in
          let answer = try sent.call.answer(book[batch], batch)
          log.decided(place, at: batch.boot.microseconds, answer)
          if sent.inVain { throw .constraint("in vain") }
          return answer
        })
    } catch {
      return .failure(error)
    }
  }

  private func hold() async -> HistoryGate {
    let gate = HistoryGate()
    gate.enter(stored.store)
    await gate.reached()
    return gate
  }

  private func send(_ sent: [SentCall], _ log: ForwardingLog) -> [Task<Outcome, Never>] {
    sent.enumerated().map { place, one in
      // Queued when this returns.
      Task.immediate { [store = stored.store] in
        await Self.send(one, place: place, to: store, log)
      }
    }
  }

  private mutating func run(_ commands: [ForwardingCommand]) async throws {
    for commands in Self.batches(commands) where found.isEmpty {
      await batch(commands)
      if found.isEmpty { try await compare() }
    }
  }

  /// One in vain that reads what its batch wrote has the batch decided in pieces, between which orders are
  /// handed out: it has a batch of its own.
  private static func batches(_ commands: [ForwardingCommand]) -> [ArraySlice<ForwardingCommand>] {
    var batches: [ArraySlice<ForwardingCommand>] = []
    var rest = commands[...]
    while let place = rest.firstIndex(where: { $0.inVain && $0.what.mayRead }) {
      batches += [rest[..<place], rest[place...place]]
      rest = rest[(place + 1)...]
    }
    return (batches + [rest]).filter { !$0.isEmpty }
  }

  private mutating func batch(_ commands: some Collection<ForwardingCommand>) async {
    let sent = commands.compactMap { callers.issue($0, model) }
    let log = ForwardingLog()
    let gate = await hold()
    let tasks = send(sent, log)
    gate.open()
    for (place, task) in tasks.enumerated() {
      check(sent[place], await task.value, log.decisions[place])
    }
  }

  /// The commands are decided, and not committed. None is in vain: where one of those has read what the
  /// batch wrote, the batch is decided again in pieces, and the first are committed by themselves.
  private mutating func crash(during commands: [ForwardingCommand]) async throws {
    let sent = commands.filter { !$0.inVain }.compactMap { callers.issue($0, model) }
    let gate = await hold()
    let tasks = send(sent, ForwardingLog())
    let end = HistoryGate()
    end.enter(stored.store)
    gate.open()
    await end.reached()
    let survivor = try stored.survivor()
    end.open()
    for task in tasks { _ = await task.value }
    await stored.store.close()
    stored = survivor
    isRestarted = true
  }

  private mutating func check(
    _ sent: SentCall, _ outcome: Outcome, _ decision: ForwardingLog.Decision?
  ) {
    guard let decision else { return found.append("\(sent.call) wasn't decided: \(outcome)") }
    var after = model
    let expected = after.decide(sent.call, at: decision.now, given: decision.answer)
    if decision.answer != expected {
      found.append("\(sent.call): \(decision.answer), expected \(expected)")
    }
    switch outcome {
    case .success(decision.answer) where !sent.inVain:
      model = after
      if case .attached(let id) = decision.answer, case .attach(_, _, _, let outbox) = sent.call {
        outboxes[id] = outbox
      }
    case .failure(.constraint) where sent.inVain: break
    default: found.append("\(sent.call): decided \(decision.answer), answered \(outcome)")
    }
  }

  // MARK: - Comparing

  /// More looks than any step takes.
  private static let looks = 100_000

  private mutating func compare() async throws {
    var seen: ForwardingSeen?
    var looks = 0
    while seen == nil, looks < Self.looks {
      seen = try await stored.look { book, batch in
        Self.narrow(book)
        return ForwardingSeen(book, batch)
      }
      looks += 1
    }
    guard let seen else { return found.append("something stays due") }
    if isRestarted { model.restarted(at: seen.now) }
    isRestarted = false
    found += model.settle(by: seen)
    let (wrong, handed) = model.follow(seen)
    found += wrong + model.differences(from: seen)
    guard found.isEmpty else { return }
    for (consumer, tokens) in handed { await expect(tokens, by: consumer) }
  }

  /// Units keep next to nothing of their queues in memory, as if those were long.
  private static func narrow(_ book: ForwardingBook) {
    for unit in book.intakes.values.flatMap(\.intake.units.values)
    where unit.consumption.bounds != bounds && !unit.consumption.isLive {
      unit.consumption.bounds = bounds
    }
  }

  private static let bounds = WindowBounds(ordersBehindFirst: 1, ordersPerLook: 1, ordersPerFill: 3)

  /// What was handed out has come to its consumer, and nothing else.
  private mutating func expect(_ tokens: Set<Int64>, by consumer: Int64) async {
    var got: [Int64] = []
    do throws(ConsumerOutbox.End) {
      while let outbox = outboxes[consumer], got.count < tokens.count {
        got += try await outbox.next().map(\.delivery.token)
      }
    } catch {
      found.append("consumer \(consumer) has an end: \(error)")
    }
    if got.sorted() != tokens.sorted() {
      found.append("consumer \(consumer) got \(got), expected \(tokens.sorted())")
    }
  }

  /// The check of completeness reads the tables.
  private mutating func compareWithTables() async throws {
    let page = try await stored.store.read { (connection) throws(StoreError) in
      try CompletenessPage(connection, of: ForwardingCall.business, after: 0, limit: 10_000)
    }
    guard let page else { return found.append("there is no intake to check") }
    found += page.found.differences.map { "the check of completeness tells \($0)" }
    let places = model.orders.map(\.place)
    let checked = [page.found.checked, page.found.forwarded, page.found.withdrawn]
    let expected = [
      places.count, places.count { $0 == .forwarded }, places.count { $0 == .withdrawn },
    ]
    if checked.map({ Int($0) }) != expected || page.found.unknown != 0 {
      found.append("the check of completeness saw \(checked), expected \(expected)")
    }
  }

  // MARK: - The end

  /// More rounds than any history needs.
  private static let rounds = 400

  /// Everything goes through: in the end all is done, or is a dead letter.
  private mutating func drain() async throws {
    await batch(ForwardingCallers.last)
    if found.isEmpty { try await compare() }
    var round = 0
    while found.isEmpty, !model.isThrough, round < Self.rounds {
      round += 1
      let settling = callers.settlingAll(model)
      if settling.isEmpty {
        stored.clock.advance(by: .seconds(100))
      } else {
        await batch(settling)
      }
      if found.isEmpty { try await compare() }
    }
    if found.isEmpty, !model.isThrough { found.append("in the end not all is through") }
  }
}

/// What the writer decided, by the place of the command. One may be decided again when its batch was taken
/// back: the last time counts.
private final class ForwardingLog: Sendable {
  struct Decision: Sendable {
    var now: Int64
    var answer: ForwardingAnswer
  }

  private let all = Mutex<[Int: Decision]>([:])

  func decided(_ place: Int, at now: Int64, _ answer: ForwardingAnswer) {
    all.withLock { $0[place] = Decision(now: now, answer: answer) }
  }

  var decisions: [Int: Decision] { all.withLock { $0 } }
}
