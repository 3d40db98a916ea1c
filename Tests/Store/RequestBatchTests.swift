import StoreFaults
import Testing

@testable import Store

/// The requests of one batch, which share a row.
@Suite(.timeLimit(.minutes(10))) struct RequestBatchTests {
  let folder = TemporaryFolder()

  func open() throws -> DurableStore {
    try DurableStore.open(StoreConfiguration(path: folder.database), states: [Ledger.self])
  }

  typealias Ended = Result<Answer<Ledger.Outcome>, StoreError>

  /// Books all in one batch.
  func book(_ amounts: [Int64], _ store: DurableStore) async throws -> [Ended] {
    let client = LedgerClient(store: store)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    let ended = await withTaskGroup(of: (Int, Ended).self) { group in
      for (place, amount) in amounts.enumerated() {
        group.addTask {
          let ended = await Result { () async throws(StoreError) in
            try await client.book(amount, to: "account \(place)", id: "r\(place)")
          }
          return (place, ended)
        }
      }
      await store.waits(for: amounts.count)
      gate.open()
      var ended: [Ended?] = amounts.map { _ in nil }
      for await (place, one) in group { ended[place] = one }
      return ended.compactMap { $0 }
    }
    try await held
    return ended
  }

  @Test func theyAreOneRow() async throws {
    var store = try open()
    let ended = try await book(Array(repeating: 5, count: 40), store)
    #expect(try await store.requestRows() == 1)
    await store.close()
    store = try open()
    for (place, first) in ended.enumerated() {
      let again = try await LedgerClient(store: store)
        .book(5, to: "account \(place)", id: "r\(place)")
      guard case .success(.fresh(let outcome)) = first else {
        Issue.record("\(first)")
        continue
      }
      #expect(again == .repeated(outcome))
    }
    await store.close()
  }

  /// What the engine refuses, what the rules refuse, and what throws, each among others.
  @Test func theGuiltyAloneLeavesNoTrace() async throws {
    var store = try open()
    let amounts: [Int64] = [5, 5, 2_000_000, 5, -5, 5, 5]
    let ended = try await book(amounts, store)
    for (place, amount) in amounts.enumerated() {
      switch ended[place] {
      case .success(.fresh(.booked)): #expect(amount == 5)
      case .success(.fresh(.overdrawn)): #expect(amount == -5)
      case .failure: #expect(amount == 2_000_000)
      case .success: Issue.record("\(ended[place])")
      }
    }
    for isRestarted in [false, true] {
      for (place, amount) in amounts.enumerated() where amount == 5 {
        let again = try await LedgerClient(store: store)
          .book(5, to: "account \(place)", id: "r\(place)")
        guard case .repeated(.booked(_, 5)) = again else {
          Issue.record("r\(place): \(again)")
          continue
        }
      }
      if isRestarted { break }
      await store.close()
      store = try open()
    }
    for place in [2, 4] {
      let fresh = try await LedgerClient(store: store)
        .book(7, to: "account \(place)", id: "r\(place)")
      guard case .fresh(.booked(_, 7)) = fresh else {
        Issue.record("r\(place): \(fresh)")
        continue
      }
    }
    #expect(try await LedgerClient(store: store).problems().isEmpty)
    await store.close()
  }
}

extension DurableStore {
  /// How many rows keep requests.
  func requestRows() async throws -> Int64 {
    try await read { connection throws(StoreError) in
      var rows: Int64 = 0
      try connection.query(requestRowCount) { rows = $0.integer(0) }
      return rows
    }
  }
}

private let requestRowCount = Statement("SELECT count(*) FROM request_chunk")
