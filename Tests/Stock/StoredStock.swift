import Store
import StoreFaults

@testable import Stock

/// A book of stock in a store of its own, with a clock that a test moves.
final class StoredStock {
  let clock: ManualClock
  private(set) var store: DurableStore
  private let folder = TemporaryFolder()
  private let configuration: StoreConfiguration

  init(_ clock: ManualClock = ManualClock()) throws {
    self.clock = clock
    var configuration = StoreConfiguration(path: folder.database)
    configuration.sabotage.synchronousOff = true
    self.configuration = configuration
    store = try Self.open(configuration, clock)
  }

  private static func open(
    _ configuration: StoreConfiguration, _ clock: ManualClock
  ) throws(StoreError) -> DurableStore {
    try DurableStore.open(configuration, clock: clock, states: [StockBook.self])
  }

  /// Closes the store and opens it again, with another clock if one is given.
  func reopen(_ clock: ManualClock? = nil) async throws {
    await store.close()
    store = try Self.open(configuration, clock ?? self.clock)
  }

  typealias Change = @Sendable (StockBook, Batch) throws(StockFailure) -> Void

  func change(_ body: @escaping Change) async throws { try await run(body, inVain: false) }

  /// A change that is then taken back.
  func changeInVain(_ body: @escaping Change) async throws {
    do throws(StoreError) { try await run(body, inVain: true) } catch {
      guard error == .constraint("in vain") else { throw error }
    }
  }

  private func run(_ body: @escaping Change, inVain: Bool) async throws(StoreError) {
    let book = store.state(of: StockBook.self)
    try await store.execute(caller: "test") { (batch) throws(StoreError) in
      do throws(StockFailure) { try body(book[batch], batch) } catch {
        if case .store(let error) = error { throw error }
        throw .constraint("refused: \(error)")
      }
      if inVain { throw .constraint("in vain") }
    }
  }

  func look<Value: Sendable>(
    _ body: @escaping @Sendable (StockBook) -> Value
  ) async throws(StoreError) -> Value {
    let book = store.state(of: StockBook.self)
    return try await store.ask(caller: "test") { (batch) throws(StoreError) in body(book[batch]) }
  }

  /// All that a restart must bring back, as text that can be compared.
  func snapshot() async throws -> [String] {
    try await look { book in
      var lines = ["counts \(book.counts)", "sealed \(book.sealed)"]
      for (business, ledger) in book.ledgers {
        lines.append("ledger \(business) \(ledger.sequence) \(ledger.policiesVersion)")
        for (name, good) in ledger.goods { lines.append("good \(business) \(name) \(good)") }
        for (key, left) in ledger.open { lines.append("open \(business) \(key) \(left)") }
      }
      return lines.sorted()
    }
  }

  /// The form of the hour before a time, as it is read now.
  func form(_ end: Int64) async throws -> [String] {
    try await change { (book, batch) throws(StockFailure) in try book.seal(end, batch) }
    return try await store.read { (connection) throws(StoreError) in
      let window: FormWindow
      do throws(StockRefusal) {
        window = try FormWindow(start: end - 3_600 * StockLimits.second, end: end)
      } catch {
        throw .constraint("\(error)")
      }
      let form = try StockForm("shop", window, version: 0, newest: .max, connection)
      return try form?.lines(after: "", limit: 1_000, connection).lines.map { "\($0)" } ?? []
    }
  }
}
