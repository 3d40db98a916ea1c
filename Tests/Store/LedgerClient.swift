import Store

/// What a service would do with the ledger.
struct LedgerClient: Sendable {
  let store: DurableStore

  func book(
    _ amount: Int64, to account: String, id: String, caller: String = "caller", body: UInt8? = nil
  ) async throws(StoreError) -> Answer<Ledger.Outcome> {
    let ledger = store.state(of: Ledger.self)
    let key = RequestKey(
      caller: caller, business: "b", method: "Book", requestID: id,
      bodyHash: [body ?? UInt8(truncatingIfNeeded: amount)])
    return try await store.execute(
      request: key, rows: 2, encode: \.bytes, decode: Ledger.Outcome.init(bytes:),
      isRefusal: { $0 == .overdrawn }
    ) { ledger[$0].book(amount, to: account, $0) }
  }

  func balance(_ account: String) async throws(StoreError) -> Int64? {
    let ledger = store.state(of: Ledger.self)
    return try await store.ask(caller: "test") { ledger[$0].balances[account] }
  }

  /// Number -> account.
  func entries() async throws(StoreError) -> [Int64: String] {
    try await store.read { connection throws(StoreError) in
      var found: [Int64: String] = [:]
      try connection.query(Ledger.allEntries) { found[$0.integer(0)] = $0.text(1) }
      return found
    }
  }

  /// What doesn't fit together on disk, or between disk and memory.
  func problems() async throws(StoreError) -> [String] {
    let ledger = store.state(of: Ledger.self)
    let (inMemory, counted) = try await store.ask(caller: "test") { batch in
      (ledger[batch].balances, ledger[batch].entries)
    }
    return try await store.read { connection throws(StoreError) in
      var sums: [String: Int64] = [:]
      var balances: [String: Int64] = [:]
      var entries: Int64 = 0
      var newest: Int64 = 0
      try connection.query(Ledger.sums) { row in
        sums[row.text(0)] = row.integer(1)
        entries += row.integer(2)
        newest = max(newest, row.integer(3))
      }
      try connection.query(Ledger.balances) { balances[$0.text(0)] = $0.integer(1) }
      var problems: [String] = []
      if sums != balances { problems.append("balances \(balances) aren't the sums \(sums)") }
      if inMemory != balances { problems.append("memory \(inMemory) isn't disk \(balances)") }
      if newest != entries { problems.append("\(entries) entries up to number \(newest)") }
      if counted != entries { problems.append("\(entries) entries, counted \(counted)") }
      return problems
    }
  }
}

extension Ledger.Outcome {
  struct Unreadable: Error {}

  var bytes: [UInt8] {
    switch self {
    case .booked(let number, let balance): Array("\(number) \(balance)".utf8)
    case .overdrawn: []
    }
  }

  init(bytes: [UInt8]) throws {
    let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap {
      Int64($0)
    }
    guard parts.count == 2 else { throw Unreadable() }
    self = .booked(number: parts[0], balance: parts[1])
  }
}

extension Ledger {
  static let allEntries = Statement("SELECT number, account FROM entry LIMIT 100000")
}
