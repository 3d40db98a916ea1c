import Catalog
import Numbers
import Stock
import Store
import StoreFaults
import Warnings

@testable import Forwarding

/// A book of intakes in a store of its own, with a clock that a test moves.
final class StoredForwarding {
  let clock: ManualClock
  private(set) var store: DurableStore
  private let folder: TemporaryFolder
  private let configuration: StoreConfiguration

  convenience init() throws { try self.init(TemporaryFolder(), clock: ManualClock()) }

  private init(_ folder: TemporaryFolder, clock: ManualClock) throws {
    (self.folder, self.clock) = (folder, clock)
    var configuration = StoreConfiguration(path: folder.database)
    configuration.sabotage.synchronousOff = true
    self.configuration = configuration
    store = try Self.open(configuration, clock)
  }

  private static func open(
    _ configuration: StoreConfiguration, _ clock: ManualClock
  ) throws(StoreError) -> DurableStore {
    try DurableStore.open(
      configuration, clock: clock,
      states: [
        NumberState.self, WarningBook.self, CatalogBook.self, StockBook.self, ForwardingBook.self,
      ])
  }

  /// Closes the store and opens it again.
  func reopen() async throws {
    await store.close()
    store = try Self.open(configuration, clock)
  }

  /// What another process finds if this one is killed now, while nothing is being written.
  func survivor() throws -> StoredForwarding {
    let folder = TemporaryFolder()
    self.folder.copyStore(to: folder)
    return try StoredForwarding(folder, clock: clock)
  }

  typealias Change = @Sendable (ForwardingBook, Batch) throws(ForwardingFailure) -> Void

  /// What was refused, if it was. With `inVain` the change is taken back.
  @discardableResult
  func change(inVain: Bool = false, _ body: @escaping Change) async throws -> ForwardingRefusal? {
    let book = store.state(of: ForwardingBook.self)
    do throws(StoreError) {
      return try await store.execute(caller: "test") {
        (batch) throws(StoreError) -> ForwardingRefusal? in
        do throws(ForwardingFailure) { try body(book[batch], batch) } catch {
          switch error {
          case .refused(let refusal): return refusal
          case .store(let error): throw error
          }
        }
        if inVain { throw .constraint("in vain") }
        return nil
      }
    } catch {
      guard error == .constraint("in vain") else { throw error }
      return nil
    }
  }

  func look<Value: Sendable>(
    _ body: @escaping @Sendable (ForwardingBook, Batch) -> Value
  ) async throws -> Value {
    let book = store.state(of: ForwardingBook.self)
    return try await store.ask(caller: "test") { (batch) throws(StoreError) in
      body(book[batch], batch)
    }
  }

  /// Everything that timed work has to do now is done.
  func settle() async throws {
    while try await look({ book, batch in book.nextWake.map { $0 <= batch.boot } ?? false }) {
      await Task.yield()
    }
  }

  /// An intake as it is now, without times.
  func snapshot(_ business: String) async throws -> Snapshot? {
    try await look { book, _ in book.intakes[ExactText(business)].map { Snapshot($0.intake) } }
  }

  static func order(_ number: Int, key: Int, code: String, bytes: Int = 10) -> GivenOrder {
    GivenOrder(
      OrderRecord(
        number: "\(number)", version: 0, key: "k\(key)", code: code,
        body: Array(repeating: UInt8(truncatingIfNeeded: number), count: bytes), principal: ""))
  }
}
