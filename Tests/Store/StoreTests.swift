import Store
import StoreFaults
import Testing

@Suite struct StoreTests {
  let folder = TemporaryFolder()
  let clock = ManualClock()

  func open(_ change: (inout StoreConfiguration) -> Void = { _ in }) throws -> DurableStore {
    var configuration = StoreConfiguration(path: folder.database)
    change(&configuration)
    return try DurableStore.open(configuration, clock: clock, states: [Ledger.self])
  }

  @Test func anAnswerIsThereAfterReopening() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let outcome = try await store.execute(caller: "a") { ledger[$0].book(5, to: "x", $0) }
    #expect(outcome == .booked(number: 1, balance: 5))
    await store.close()

    let again = try open()
    let ledgerAgain = again.state(of: Ledger.self)
    let balance = try await again.execute(caller: "a") { ledgerAgain[$0].balances["x"] }
    #expect(balance == 5)
    #expect(again.incarnation == store.incarnation)
    #expect(again.info.epoch == store.info.epoch + 1)
    await again.close()
  }

  @Test func manyAtOnceAreNumberedWithoutAGap() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let numbers = try await withThrowingTaskGroup(of: Int64.self) { group in
      for index in 0..<1_000 {
        group.addTask {
          let outcome = try await store.execute(caller: "c\(index % 7)", rows: 2) {
            ledger[$0].book(1, to: "x", $0)
          }
          guard case .booked(let number, _) = outcome else { return 0 }
          return number
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(numbers == Set(1...1_000))
    let rows = try await store.read { connection throws(StoreError) in
      var found: (Int64, Int64) = (0, 0)
      try connection.query(Ledger.sums) { found = ($0.integer(1), $0.integer(2)) }
      return found
    }
    #expect(rows == (1_000, 1_000))
    await store.close()
  }

  @Test func oneGuiltyCommandFailsAlone() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    var failed = 0
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<100 {
        group.addTask {
          let result = await Result { () async throws(StoreError) in
            try await store.execute(caller: "a") {
              ledger[$0].book(index == 37 ? 2_000_000 : 1, to: "x\(index)", $0)
            }
          }
          if case .failure(.constraint) = result { return true }
          return false
        }
      }
      for await isConstraint in group where isConstraint { failed += 1 }
    }
    #expect(failed == 1)
    let entries = try await store.execute(caller: "a") { ledger[$0].entries }
    #expect(entries == 99)
    await store.close()
  }
}

extension Result {
  /// What an asynchronous body returns or throws.
  init(_ body: () async throws(Failure) -> Success) async {
    do throws(Failure) { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
