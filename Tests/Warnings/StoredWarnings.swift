import API
import Messages
import Numbers
import Store
import StoreFaults

@testable import Warnings

/// A book of warnings in a store of its own, with a clock that a test moves.
final class StoredWarnings {
  let clock = ManualClock()
  private(set) var store: DurableStore
  private let folder = TemporaryFolder()
  private let configuration: StoreConfiguration

  init() throws {
    var configuration = StoreConfiguration(path: folder.database)
    configuration.sabotage.synchronousOff = true
    self.configuration = configuration
    store = try Self.open(configuration, clock)
  }

  private static func open(
    _ configuration: StoreConfiguration, _ clock: ManualClock
  ) throws(StoreError) -> DurableStore {
    try DurableStore.open(
      configuration, clock: clock, states: [NumberState.self, WarningBook.self])
  }

  /// Closes the store and opens it again.
  func reopen() async throws {
    await store.close()
    store = try Self.open(configuration, clock)
  }

  typealias Change = @Sendable (WarningBook, Batch) throws(WarningFailure) -> Void

  func change(_ body: @escaping Change) async throws {
    try await run(body, inVain: false)
  }

  /// A change that is then taken back.
  func changeInVain(_ body: @escaping Change) async throws {
    do throws(StoreError) { try await run(body, inVain: true) } catch {
      guard error == .constraint("in vain") else { throw error }
    }
  }

  private func run(_ body: @escaping Change, inVain: Bool) async throws(StoreError) {
    let book = store.state(of: WarningBook.self)
    try await store.execute(caller: "test") { (batch) throws(StoreError) in
      do throws(WarningFailure) { try body(book[batch], batch) } catch {
        if case .store(let error) = error { throw error }
        throw .constraint("refused: \(error)")
      }
      if inVain { throw .constraint("in vain") }
    }
  }

  func look<Value: Sendable>(
    _ body: @escaping @Sendable (WarningBook) -> Value
  ) async throws(StoreError) -> Value {
    let book = store.state(of: WarningBook.self)
    return try await store.ask(caller: "test") { (batch) throws(StoreError) in body(book[batch]) }
  }

  /// All that a restart must bring back, as text that can be compared.
  func snapshot() async throws -> [String] {
    try await look { book in
      var lines: [String] = []
      for (key, live) in book.rules {
        lines.append("rule \(key) \(live.rule.version) \(live.watch.phase) \(live.warning ?? 0)")
        lines.append("values \(key) \(live.watch.values)")
      }
      for (business, names) in book.ruleNames { lines.append("names \(business) \(names)") }
      lines.append(
        "rules \(book.ruleCount) forgotten \(book.forgottenVersion) deleted "
          + "\(book.deletedVersions.map { "\($0) \($1)" }.sorted())")
      for (business, presets) in book.presets where !presets.isEmpty {
        lines.append("presets \(business) \(presets.keys.sorted())")
      }
      for (key, sources) in book.latest where !sources.isEmpty {
        lines.append("latest \(key) \(sources.sorted { $0.key < $1.key })")
      }
      for warning in book.openWarnings.values { lines.append("warning \(warning)") }
      for live in book.instructions.values {
        lines.append(
          "instruction \(live.message) \(live.progress) \(String(describing: live.escalateTo))")
      }
      for (key, ids) in book.byAttendant { lines.append("attendant \(key) \(ids)") }
      for (key, ids) in book.byBusiness { lines.append("of business \(key) \(ids)") }
      for (key, ids) in book.byWarning { lines.append("of warning \(key) \(ids)") }
      lines.append("next \(book.nextWarning) \(book.nextInstruction)")
      lines.append("told \(book.events.count) \(book.told)")
      return lines.sorted()
    }
  }

  func rows(_ table: String) async throws(StoreError) -> Int64 {
    let statement = Statement("SELECT count(*) FROM \(table)")
    return try await store.read { (connection) throws(StoreError) in
      var count: Int64 = 0
      try connection.query(statement) { count = $0.integer(0) }
      return count
    }
  }
}
