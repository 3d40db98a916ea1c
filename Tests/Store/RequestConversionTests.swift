import StoreFaults
import Testing

@testable import Store

/// Rows of an older server, one a request.
@Suite struct RequestConversionTests {
  let folder = TemporaryFolder()
  let clock = ManualClock()
  let events = StoreEvents()

  func open(_ change: (inout StoreConfiguration) -> Void) throws -> DurableStore {
    var configuration = StoreConfiguration(path: folder.database)
    configuration.onEvent = { [events] in events.add($0) }
    change(&configuration)
    return try DurableStore.open(configuration, clock: clock, states: [Ledger.self])
  }

  /// A request, as it is in one of the tables.
  struct Kept: Sendable {
    let sequence: Int64
    let hash: UInt64
    let boot: BootTime
    let key: RequestKey
    let answer: [UInt8]
  }

  /// As the migrations 1 and 2 left it, with what is in the rows of today.
  func makeOld(_ old: [Kept]) throws {
    let program = try ForeignProgram(path: folder.database)
    let table = RequestSchema.migrations[0].sql.components(upTo: "CREATE TABLE request_index")
    try program.run(table)
    func blob(_ bytes: [UInt8]) -> String {
      "X'" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "'"
    }
    for row in old {
      try program.run(
        """
        INSERT INTO request VALUES (\(row.sequence), \(Int64(bitPattern: row.hash)),
          \(row.boot.microseconds), '\(row.key.business)', '\(row.key.caller)', '\(row.key.method)',
          '\(row.key.requestID)', \(blob(row.key.bodyHash)), \(blob(row.answer)))
        """)
    }
    try program.run(
      """
      DROP TABLE request_chunk;
      DELETE FROM migration WHERE capability = 'request' AND number = 3
      """)
  }

  /// What is kept, a row a request.
  func kept(_ store: DurableStore) async throws -> [Kept] {
    try await store.read { connection throws(StoreError) in
      var rows: [Kept] = []
      try connection.query(RequestSchema.oldest, bind: { $0.bind(1_000_000) }) {
        row throws(StoreError) in
        for (place, hash) in RequestChunk.hashes(row.bytes(3)).enumerated() {
          var reader = RequestChunkReader(row.bytes(4))
          let entry = try reader.entry(place)
          let sequence = row.integer(0) + Int64(place)
          rows.append(
            Kept(
              sequence: sequence, hash: hash, boot: row.bootTime(2), key: entry.key,
              answer: entry.answer))
        }
      }
      return rows
    }
  }

  @Test(arguments: [4_000_000, 100])
  func theyAreAnsweredAsBefore(_ inMemory: Int) async throws {
    let change: (inout StoreConfiguration) -> Void = { $0.requestIDsInMemory = inMemory }
    var store = try open(change)
    for number in 1...700 {
      if number.isMultiple(of: 100) { clock.advance(by: .seconds(2)) }
      _ = try await LedgerClient(store: store).book(1, to: "x", id: "r\(number)")
    }
    await store.close()
    store = try open(change)
    let before = try await kept(store)
    #expect(before.count == 700)
    await store.close()
    try makeOld(before)

    store = try open(change)
    let after = try await kept(store)
    #expect(after.map(\.sequence) == before.map(\.sequence))
    #expect(after.map(\.hash) == before.map(\.hash))
    for number in stride(from: 1, through: 700, by: 13) {
      let again = try await LedgerClient(store: store).book(1, to: "x", id: "r\(number)")
      #expect(again == .repeated(.booked(number: Int64(number), balance: Int64(number))))
    }
    #expect(
      try await LedgerClient(store: store).book(1, to: "x", id: "r9", body: 3) == .conflict)
    // Neighbours share a row, but none is forgotten before its time.
    let later = zip(before, after).map { $1.boot - $0.boot }
    #expect(later.allSatisfy { $0 >= .zero && $0 <= .seconds(1) })
    #expect(try await store.requestRows() < 30)
    #expect(events.list.isEmpty, "what is moved to the index isn't there already")
    await store.close()
  }
}

extension String {
  /// What stands before `end`.
  fileprivate func components(upTo end: String) -> String {
    var taken = Substring()
    for place in indices {
      if self[place...].hasPrefix(end) { break }
      taken = self[...place]
    }
    return String(taken)
  }
}
