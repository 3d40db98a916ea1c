import Store
import StoreFaults

@testable import Numbers

/// Runs a history on a server and on the model side by side, and compares.
struct HistoryRun {
  private let clock = ManualClock()
  private(set) var server: HistoryStore
  private(set) var model: HistoryModel
  private var callers: HistoryCallers
  /// The last moment that the server told.
  private var last: Moment?
  /// The last moment at which something was changed that stays.
  private var committed: Moment?
  private var found: [String] = []

  init(tamper: @escaping @Sendable (inout PoolSettings) -> Void = { _ in }) throws {
    server = try HistoryStore(clock: clock)
    model = HistoryModel(incarnation: server.store.incarnation)
    model.tamper = tamper
    callers = HistoryCallers(incarnation: server.store.incarnation)
  }

  /// The first step after which they differ, and how.
  mutating func run(_ steps: [HistoryStep]) async throws -> (step: Int, differences: [String])? {
    for (place, step) in steps.enumerated() {
      try await take(step)
      if found.isEmpty { try await compare() }
      if place == steps.count - 1, found.isEmpty { try await compareNumbers() }
      if !found.isEmpty {
        await server.store.close()
        return (place, found)
      }
    }
    await server.store.close()
    return nil
  }

  private mutating func take(_ step: HistoryStep) async throws {
    switch step {
    case .calls(let calls): try await batch(calls)
    case .late(let seconds, let calls): try await batch(calls, after: seconds)
    case .tasks(let calls): await tasks(calls)
    case .pass(let seconds): clock.advance(by: .seconds(seconds))
    case .stepWall(let seconds): clock.stepWall(by: .seconds(seconds))
    case .crash(true, let calls): try await crash(after: calls)
    case .crash(false, let calls): try await crash(during: calls)
    case .restart:
      server = try await server.reopened()
      restarted()
    }
  }

  // MARK: - Sending calls

  typealias Outcome = Result<Answer<Result<String, Refusal>>, StoreError>

  private func send(_ issued: [IssuedCall], _ log: DecisionLog) -> [Task<Outcome, Never>] {
    issued.enumerated().map { place, call in
      // Queued when this returns.
      Task.immediate { [server] in await server.send(call, place: place, log: log) }
    }
  }

  private mutating func batch(_ calls: [HistoryCall], after seconds: Int64? = nil) async throws {
    let gate = await server.hold()
    if let seconds { clock.advance(by: .seconds(seconds)) }
    let issued = callers.issue(calls, model)
    let log = DecisionLog()
    let tasks = send(issued, log)
    gate.open()
    await check(issued, tasks, log)
  }

  private mutating func tasks(_ calls: [HistoryCall]) async {
    let issued = callers.issue(calls, model)
    let log = DecisionLog()
    let tasks = issued.enumerated().map { place, call in
      Task { [server] in await server.send(call, place: place, log: log) }
    }
    await check(issued, tasks, log)
  }

  /// The calls are committed, and their callers don't get to know it.
  private mutating func crash(after calls: [HistoryCall]) async throws {
    try await batch(calls)
    let gate = await server.hold()
    let survivor = try server.survivor()
    gate.open()
    await server.store.close()
    server = survivor
    restarted()
  }

  /// The calls are decided, and not committed.
  private mutating func crash(during calls: [HistoryCall]) async throws {
    let gate = await server.hold()
    let issued = callers.issue(calls, model)
    let tasks = send(issued, DecisionLog())
    let end = HistoryGate()
    end.enter(server.store)
    gate.open()
    await end.reached()
    let survivor = try server.survivor()
    end.open()
    for task in tasks { _ = await task.value }
    await server.store.close()
    server = survivor
    restarted()
  }

  private mutating func restarted() {
    model.restarted()
    isRestarted = true
  }

  /// The next moment is the first after a restart: time in which no server ran isn't counted.
  private var isRestarted = false

  // MARK: - Comparing

  private mutating func check(
    _ issued: [IssuedCall], _ tasks: [Task<Outcome, Never>], _ log: DecisionLog
  ) async {
    var outcomes: [Outcome] = []
    for task in tasks { outcomes.append(await task.value) }
    for decision in log.decisions {
      let call = issued[decision.place]
      meet(decision.now)
      if let trace = decision.trace, model.pools[call.command.business] != nil {
        found += model.pools[call.command.business]?.follow(trace, decision.now) ?? []
      }
      check(call, decision)
      if case .success(.fresh(let answer)) = outcomes[decision.place], answer == decision.result {
        continue
      }
      found.append(
        "\(call.name): decided \(decision.result), answered \(outcomes[decision.place])")
    }
    let decided = Set(log.decisions.map(\.place))
    for (place, call) in issued.enumerated() where !decided.contains(place) {
      check(call, outcomes[place])
    }
  }

  private mutating func check(_ call: IssuedCall, _ decision: DecisionLog.Decision) {
    if model.requests[call.name] != nil { found.append("\(call.name) was decided twice") }
    let expected: Result<String, Refusal>
    do throws(Refusal) {
      expected = .success(try model.decide(call.command, decision.now, key: decision.key))
    } catch {
      expected = .failure(error)
    }
    if decision.result != expected {
      found.append("\(call.command): \(decision.result), expected \(expected)")
    }
    guard case .success(let answer) = expected else { return }
    switch call.command {
    // What holds already isn't written again.
    case .stop, .resume, .quota: break
    default: committed = decision.now
    }
    if !call.key.requestID.isEmpty {
      model.requests[call.name] = HistoryModel.Remembered(body: call.body, answer: answer)
    }
  }

  /// A call that wasn't decided: it is a repetition, or was taken back.
  private mutating func check(_ call: IssuedCall, _ outcome: Outcome) {
    if case .inVain = call.command {
      guard case .failure(.constraint) = outcome else {
        found.append("\(call.name) wasn't taken back: \(outcome)")
        return
      }
      return
    }
    let known = model.requests[call.name]
    switch outcome {
    case .success(.repeated(let answer)) where known?.body == call.body:
      if answer == .success(known?.answer ?? "") { return }
    case .success(.conflict) where known != nil && known?.body != call.body: return
    default: break
    }
    found.append("\(call.name), known as \(String(describing: known)): \(outcome)")
  }

  private mutating func compare() async throws {
    let businesses = Array(model.pools.keys)
    var seen: Seen?
    while seen == nil {
      seen = try await server.look { book, now, _ in Seen(book, now, businesses) }
    }
    guard let seen else { return }
    meet(seen.now)
    found += seen.contradictions
    if seen.snapshot.pools.keys.sorted() != businesses.sorted() {
      found.append("there are the pools \(seen.snapshot.pools.keys), expected \(businesses)")
    }
    for business in businesses {
      guard let lines = seen.snapshot.pools[business], let trace = seen.traces[business],
        let view = seen.views[business]
      else { continue }
      found += model.pools[business]?.follow(trace, seen.now) ?? []
      found += model.pools[business]?.isSettled(seen.now) ?? []
      found += model.pools[business]?.differences(from: lines, view, seen.now) ?? []
    }
  }

  /// What is shown of each number, read from the tables where it isn't live.
  private func lockDifferences() async throws -> [String] {
    var differences: [String] = []
    for (business, pool) in model.pools {
      let texts = pool.numbers.values.map(\.text)
      let (shown, now) = try await server.look { book, now, rows in
        (texts.map { try? book.lock(business, number: $0, at: now, rows: rows) }, now)
      }
      let expected = pool.lockViews(now)
      for (text, shown) in zip(texts, shown) {
        // Which one it is shows where lives are read.
        if shown?.event == 0 { differences.append("\(text) has no event") }
        var view = shown
        view?.event = 0
        guard view != expected[text] ?? nil else { continue }
        differences.append(
          "\(text): \(String(describing: view)), expected \(String(describing: expected[text]))")
      }
    }
    return differences
  }

  private mutating func compareNumbers() async throws {
    found += try await lockDifferences()
    found += try await pastDifferences()
  }

  /// Time never goes back, over a restart not before what was committed.
  private mutating func meet(_ now: Moment) {
    if let last {
      if now.wall < (isRestarted ? committed?.wall ?? .min : last.wall) {
        found.append("time goes back from \(last) to \(now)")
      }
      if now.boot < (isRestarted ? committed?.boot ?? .min : last.boot) {
        found.append("the lease clock goes back from \(last) to \(now)")
      }
      if now.boot > last.boot, isRestarted { found.append("leases ran while no server did") }
    }
    last = now
    isRestarted = false
  }
}

/// What a server shows once everything is done that was due.
private struct Seen: Sendable {
  var now: Moment
  var snapshot: BookSnapshot
  var contradictions: [String]
  var traces: [String: PoolTrace] = [:]
  var views: [String: StockView] = [:]

  /// Nil while something is due.
  init?(_ book: Book, _ now: Moment, _ businesses: [String]) {
    guard book.poolsToFill.isEmpty else { return nil }
    if let earliest = book.leases.earliest, earliest.expires <= now.boot { return nil }
    self.now = now
    snapshot = BookSnapshot(book)
    contradictions = book.contradictions
    for business in businesses {
      traces[business] = book.trace(of: business)
      views[business] = try? book.pool(business, at: now).stock
    }
  }
}
