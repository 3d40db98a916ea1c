import Store
import StoreFaults

@testable import Numbers

/// A book in a store of its own.
final class StoredBook {
  let clock: ManualClock
  private(set) var store: DurableStore
  private let folder = TemporaryFolder()
  private let configuration: StoreConfiguration

  init(clock: ManualClock = ManualClock()) throws {
    self.clock = clock
    var configuration = StoreConfiguration(path: folder.database)
    // The disk has its own tests; here thousands of commits are made.
    configuration.sabotage.synchronousOff = true
    self.configuration = configuration
    store = try DurableStore.open(configuration, clock: clock, states: [NumberState.self])
  }

  /// Closes the store and opens it again.
  func reopen() async throws {
    await store.close()
    store = try DurableStore.open(configuration, clock: clock, states: [NumberState.self])
  }

  func close() async { await store.close() }

  /// A call that changes something, and when it was decided.
  func change<Value: Sendable>(
    _ decide: @escaping @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Value
  ) async throws(StoreError) -> (Result<Value, Refusal>, Moment) {
    try await store.change(decide)
  }

  /// A call that changes something and is then taken back.
  func changeInVain<Value: Sendable>(
    _ decide: @escaping @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Value
  ) async throws {
    let state = store.state(of: NumberState.self)
    do throws(StoreError) {
      try await store.execute(caller: "test") { (batch) throws(StoreError) in
        _ = try state[batch].change(batch, CapacityLimits(), decide)
        throw .constraint("in vain")
      }
    } catch {
      guard error == .constraint("in vain") else { throw error }
    }
  }

  /// Looks at the book.
  func look<Value: Sendable>(
    _ body: @escaping @Sendable (Book, Moment) -> Value
  ) async throws(StoreError) -> Value {
    try await store.look(body)
  }

  /// Lets every lease that ran out return its numbers.
  func settle() async throws {
    while try await look({ book, now in
      book.leases.earliest.map { $0.expires <= now.boot } ?? false
    }) {
      _ = try await change { (book, now, rows) in book.expire(at: now, rows: rows) }
    }
  }
}

extension DurableStore {
  /// A call that changes something, and when it was decided.
  func change<Value: Sendable>(
    _ decide: @escaping @Sendable (Book, Moment, StoredRows) throws(Refusal) -> Value
  ) async throws(StoreError) -> (Result<Value, Refusal>, Moment) {
    let state = state(of: NumberState.self)
    return try await execute(caller: "test") { (batch) throws(StoreError) in
      (try state[batch].change(batch, CapacityLimits(), decide), Moment(batch))
    }
  }

  /// Looks at the book.
  func look<Value: Sendable>(
    _ body: @escaping @Sendable (Book, Moment) -> Value
  ) async throws(StoreError) -> Value {
    let state = state(of: NumberState.self)
    return try await execute(caller: "test", rows: 0) { (batch) throws(StoreError) in
      body(state[batch].book, Moment(batch))
    }
  }
}
