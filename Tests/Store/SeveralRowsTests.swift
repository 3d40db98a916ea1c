import StoreFaults
import Testing

@testable import Store

/// Rows of one statement are executed several at a time, and those apart behind all others.
@Suite(.timeLimit(.minutes(10))) struct SeveralRowsTests {
  private final class Shelf: WriterState {
    static let capability = "shelf"
    static let migrations = [
      Migration(
        number: 1,
        sql: """
          CREATE TABLE shelf (place BIGINT NOT NULL PRIMARY KEY, thing TEXT);
          CREATE TABLE apart (place BIGINT NOT NULL PRIMARY KEY);
          CREATE TABLE count_of (things BIGINT NOT NULL);
          """)
    ]
    static let put = Statement.insert(into: "shelf", columns: 2)
    static let count = Statement("INSERT INTO count_of SELECT COUNT(*) FROM apart")
    static let putApart = Statement.insert(into: "apart", columns: 1, isApart: true)
    static let counts = Statement("SELECT things FROM count_of")
    static let clear = Statement("DELETE FROM shelf WHERE place = $1")
    static let all = Statement("SELECT place, thing FROM shelf ORDER BY place")

    init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {}
  }

  private func open(_ folder: TemporaryFolder) throws -> DurableStore {
    try DurableStore.open(StoreConfiguration(path: folder.database), states: [Shelf.self])
  }

  private func put(_ places: [Int64], _ batch: Batch) {
    for place in places {
      batch.write(Shelf.put) { row in
        row.bind(place)
        row.bind("thing \(place)")
      }
    }
  }

  private func things(_ store: DurableStore) async throws -> [Int64: String] {
    try await store.read { (connection) throws(StoreError) in
      var found: [Int64: String] = [:]
      try connection.query(Shelf.all) { found[$0.integer(0)] = $0.text(1) }
      return found
    }
  }

  @Test(arguments: [1, 15, 16, 17, 32, 100]) func eachRowIsThere(count: Int64) async throws {
    let store = try open(TemporaryFolder())
    try await store.execute(caller: "test") { (batch) throws(StoreError) in
      put(Array(1...count), batch)
      // In order: what comes later sees what came before.
      batch.write(Shelf.clear) { $0.bind(count) }
      put([count], batch)
    }
    let found = try await things(store)
    #expect(found == Dictionary(uniqueKeysWithValues: (1...count).map { ($0, "thing \($0)") }))
    await store.close()
  }

  @Test func rowsApartComeLast() async throws {
    let store = try open(TemporaryFolder())
    try await store.execute(caller: "test") { (batch) throws(StoreError) in
      for place in 1...20 { batch.write(Shelf.putApart) { $0.bind(Int64(place)) } }
      batch.write(Shelf.count) { _ in }
    }
    try await store.execute(caller: "test") { (batch) throws(StoreError) in
      batch.write(Shelf.count) { _ in }
    }
    let counts = try await store.read { (connection) throws(StoreError) in
      var found: [Int64] = []
      try connection.query(Shelf.counts) { found.append($0.integer(0)) }
      return found
    }
    #expect(counts == [0, 20])
    await store.close()
  }

  @Test func aConstraintInTheMiddleTakesBackItsCommandAlone() async throws {
    let store = try open(TemporaryFolder())
    let gate = Gate()
    async let first: Void = store.execute(caller: "test") { (_) throws(StoreError) in gate.pass() }
    await gate.reached()
    async let good: Void = store.execute(caller: "test") { (batch) throws(StoreError) in
      put(Array(1...40), batch)
    }
    await store.waits(for: 1)
    async let bad: Void = store.execute(caller: "test") { (batch) throws(StoreError) in
      put(Array(41...60) + [50] + Array(61...80), batch)
    }
    await store.waits(for: 2)
    gate.open()
    try await first
    try await good
    var isRefused = false
    do { try await bad } catch { isRefused = true }
    #expect(isRefused)
    #expect(try await things(store).keys.sorted() == Array(1...40))
    await store.close()
  }
}
