import Store

/// A small state of the tests' own: accounts with balances, and entries numbered without a gap.
final class Ledger: WriterState {
  static let capability = "ledger"
  static let migrations = [
    Migration(
      number: 1,
      sql: """
        CREATE TABLE account (name TEXT NOT NULL PRIMARY KEY, balance BIGINT NOT NULL,
          CHECK (balance < 1000000));
        CREATE TABLE entry (number INTEGER PRIMARY KEY, account TEXT NOT NULL,
          amount BIGINT NOT NULL, time_us BIGINT NOT NULL);
        CREATE TABLE entry_count (only_row BIGINT NOT NULL PRIMARY KEY, entries BIGINT NOT NULL);
        INSERT INTO entry_count VALUES (1, 0);
        """)
  ]

  static let addEntry = Statement("INSERT INTO entry VALUES ($1, $2, $3, $4)")
  static let setBalance = Statement(
    """
    INSERT INTO account VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET balance = excluded.balance
    """)
  static let setCount = Statement("UPDATE entry_count SET entries = $1")
  static let balances = Statement("SELECT name, balance FROM account LIMIT 100000")
  static let sums = Statement(
    "SELECT account, sum(amount), count(*), max(number) FROM entry GROUP BY account")
  static let count = Statement("SELECT entries FROM entry_count")

  enum Outcome: Equatable, Sendable {
    case booked(number: Int64, balance: Int64)
    case overdrawn
  }

  private(set) var balances: [String: Int64] = [:]
  private(set) var entries: Int64 = 0
  private var committedEntries: Int64 = 0
  var wakeAt: BootTime?
  var wakes = 0
  private(set) var batches = 0

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    var found: [String: Int64] = [:]
    var count: Int64 = 0
    try connection.query(Ledger.balances) { found[$0.text(0)] = $0.integer(1) }
    try connection.query(Ledger.count) { count = $0.integer(0) }
    balances = found
    entries = count
    committedEntries = count
  }

  /// Books without asking whether the row will be accepted: 1,000,000 and more isn't.
  func book(_ amount: Int64, to account: String, _ batch: Batch) -> Outcome {
    let old = balances[account]
    let balance = (old ?? 0) + amount
    guard balance >= 0 else { return .overdrawn }
    entries += 1
    let number = entries
    balances[account] = balance
    batch.undo { [self] in
      entries -= 1
      balances[account] = old
    }
    batch.write(Ledger.addEntry) { row in
      row.bind(number)
      row.bind(account)
      row.bind(amount)
      row.bind(batch.now)
    }
    batch.write(Ledger.setBalance) { row in
      row.bind(account)
      row.bind(balance)
    }
    return .booked(number: number, balance: balance)
  }

  func willCommit(_ batch: Batch) {
    guard entries != committedEntries else { return }
    let count = entries
    batch.write(Ledger.setCount) { $0.bind(count) }
  }

  func didCommit() {
    committedEntries = entries
    batches += 1
  }

  var nextWake: BootTime? { wakeAt }

  func wake(_ batch: Batch) throws(StoreError) {
    let previous = wakeAt
    wakeAt = nil
    wakes += 1
    batch.undo { [self] in
      wakeAt = previous
      wakes -= 1
    }
    _ = book(1, to: "wake", batch)
  }
}
