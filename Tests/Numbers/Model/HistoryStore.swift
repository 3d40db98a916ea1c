import Store
import StoreFaults
import Synchronization

@testable import Numbers

/// A server's store in a history: it can be killed, and go on from what its files held at that
/// moment.
final class HistoryStore: Sendable {
  let store: DurableStore
  private let folder: TemporaryFolder
  private let clock: ManualClock
  private let state: WriterConfined<NumberState>

  /// A new one.
  convenience init(clock: ManualClock) throws { try self.init(TemporaryFolder(), clock: clock) }

  private init(_ folder: TemporaryFolder, clock: ManualClock) throws {
    self.folder = folder
    self.clock = clock
    var configuration = StoreConfiguration(path: folder.database)
    // The disk has its own tests; here the process dies, not the machine.
    configuration.sabotage.synchronousOff = true
    configuration.readers = 1
    // So few that a history gets to see it.
    configuration.checkpointPages = 60
    store = try DurableStore.open(configuration, clock: clock, states: [NumberState.self])
    state = store.state(of: NumberState.self)
  }

  /// What another process finds if this one is killed now, while nothing is being written.
  func survivor() throws -> HistoryStore {
    let folder = TemporaryFolder()
    self.folder.copyStore(to: folder)
    return try HistoryStore(folder, clock: clock)
  }

  /// Closes it and opens it again.
  func reopened() async throws -> HistoryStore {
    await store.close()
    return try HistoryStore(folder, clock: clock)
  }

  /// Holds the writer until the gate is opened; returns when it stands there.
  func hold() async -> HistoryGate {
    let gate = HistoryGate()
    gate.enter(store)
    await gate.reached()
    return gate
  }

  /// A call under way: it was decided as the log will say, and is answered so.
  func send(
    _ issued: IssuedCall, place: Int, log: DecisionLog
  ) async -> Result<Answer<Result<String, Refusal>>, StoreError> {
    let state = state
    do throws(StoreError) {
      return .success(
        try await store.execute(
          request: issued.key,
          encode: { result in (try? result.get()).map { Array($0.utf8) } ?? [] },
          decode: { .success(String(decoding: $0, as: UTF8.self)) },
          isRefusal: { if case .failure = $0 { true } else { false } }
        ) { (batch) throws(StoreError) in
          if case .inVain = issued.command {
            _ = try state[batch].change(batch, HistoryModel.limits, issued.command.decide)
            throw .constraint("in vain")
          }
          let trace = state[batch].book.trace(of: issued.command.business)
          let result = try state[batch].change(batch, HistoryModel.limits, issued.command.decide)
          let key = state[batch].book.lastKey(of: issued.command.business)
          log.decided(
            DecisionLog.Decision(
              place: place, now: Moment(batch), trace: trace, key: key, result: result))
          return result
        })
    } catch {
      return .failure(error)
    }
  }

  /// Looks at the book.
  func look<Value: Sendable>(
    _ body: @escaping @Sendable (Book, Moment, StoredRows) -> Value
  ) async throws -> Value {
    let state = state
    return try await store.execute(caller: "test", rows: 0) { (batch) throws(StoreError) in
      body(state[batch].book, Moment(batch), StoredRows(batch))
    }
  }
}

/// What the writer decided, in its order. A call may be decided again when its batch was taken
/// back: the last time counts.
final class DecisionLog: Sendable {
  struct Decision: Sendable {
    var place: Int
    var now: Moment
    var trace: PoolTrace?
    /// What makes serials unguessable in the pool's last template.
    var key: SerialPermutation.Key?
    var result: Result<String, Refusal>
  }

  private let all = Mutex<[Decision]>([])

  func decided(_ decision: Decision) {
    all.withLock {
      $0.removeAll { $0.place == decision.place }
      $0.append(decision)
    }
  }

  var decisions: [Decision] { all.withLock { $0 } }
}

extension Book {
  /// What the server did by itself, in a pool.
  func trace(of business: String) -> PoolTrace? {
    guard let pool = byBusiness[ExactText(business)].flatMap({ pools[Int($0)] }) else { return nil }
    var trace = PoolTrace()
    for range in pool.stock.waiting {
      guard let series = series[range.series], range.next <= range.last else { continue }
      for serial in range.next...range.last {
        trace.stock.append(
          PoolTrace.Made(number: name(series, serial), made: range.generated))
      }
    }
    for number in pool.returned.waiting {
      guard let series = series[number.series] else { continue }
      trace.line.append(name(series, number.serial))
    }
    trace.leases = Set(pool.leases.keys)
    return trace
  }

  fileprivate func lastKey(of business: String) -> SerialPermutation.Key? {
    byBusiness[ExactText(business)].flatMap { pools[Int($0)] }?.editions.last?.form.permutation?.key
  }

  private func name(_ series: Series, _ serial: Int64) -> NumberKey {
    NumberKey(pool: 0, edition: series.edition, period: series.period, serial: serial)
  }
}
