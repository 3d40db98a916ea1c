import Store
import StoreFaults
import Testing

@testable import Numbers

/// A store that was made before events, imports and the past were kept is opened by this server.
@Suite(.timeLimit(.minutes(10))) struct OldStoreTests {
  @Test func endedNumbersOfAnOldStoreAreAccountedFor() async throws {
    let folder = TemporaryFolder()
    var configuration = StoreConfiguration(path: folder.database)
    configuration.sabotage.synchronousOff = true
    let clock = ManualClock()
    let first = try DurableStore.open(configuration, clock: clock, states: [OldNumbers.self])
    try await first.execute(caller: "test") { (batch) throws(StoreError) in
      for statement in OldNumbers.rows { batch.write(statement) { _ in } }
    }
    await first.close()

    let store = try DurableStore.open(configuration, clock: clock, states: [NumberState.self])
    let contradictions = try await store.look { book, _ in book.contradictions }
    let (locks, _) = try await store.change { (book, now, rows) in
      ["SO000001", "SO000002", "SO000003", "SO000004", "SO000005"].map { number in
        (try? book.lock("shop", number: number, at: now, rows: rows))?.short ?? "none"
      }
    }
    #expect(contradictions == [])
    #expect(
      try locks.get() == [
        "completed CNY 500", "released because", "released twice, retired", "live", "none",
      ])
    #expect(try await states(in: store) == Self.expected)

    // Numbers that ended before events were kept have a life with its oldest part left out.
    let old = try await life(of: "SO000001", in: store)
    #expect(old?.events == [] && old?.isOlderLeftOut == true && old?.state == .completed)

    // What was given back goes out again, with a higher generation.
    let command = AllocateCommand(
      business: "shop", count: 1, caller: Caller(principal: "", holder: "me"))
    let (result, _) = try await store.change { (book, now, rows) throws(Refusal) in
      try book.allocate(command, at: now, rows: rows)
    }
    #expect(try result.get().numbers == [.init(number: "SO000002", generation: 4)])
    #expect(try await life(of: "SO000002", in: store)?.events.map(\.event.kind) == [.reused])
    await store.close()
  }

  private static let expected: [Int64: SerialState] = [
    1: .completed, 2: .waiting, 3: .retiredAfterRelease, 4: .live, 5: .lapsed, 6: .inStock,
    7: .inStock,
  ]

  private func scope(of store: DurableStore) async throws -> HistoryScope {
    let scope = try await store.look { book, now in try? book.scope(of: "shop", at: now) }
    return try #require(scope)
  }

  private func states(in store: DurableStore) async throws -> [Int64: SerialState] {
    let scope = try await scope(of: store)
    let page = try await store.read { (connection) throws(StoreError) in
      try GapReading(connection: connection, scope: scope).page(
        of: [HistoryScope.Wanted(edition: 0, period: 0)],
        from: GapPage.Place(series: 0, serial: 1), count: 100)
    }
    let whole = try #require(page)
    let account = SerialAccount(try #require(whole.series.first), whole.runs.map(\.run))
    #expect(account.contradictions == [])
    return account.states
  }

  private func life(of number: String, in store: DurableStore) async throws -> LifePage? {
    let scope = try await scope(of: store)
    let (edition, parsed) = try scope.forms.identify(number)
    return try await store.read { (connection) throws(StoreError) in
      try LifeReading(connection: connection, scope: scope).page(
        of: number, edition: edition, serial: parsed, after: 0, count: 10)
    }
  }
}

/// The order numbers of a server that knew the first two migrations.
private final class OldNumbers: WriterState {
  static let capability = NumberState.capability
  static let migrations = Array(NumberSchema.migrations.prefix(2))

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {}

  /// A pool of which serials 1 to 4 were handed out, 5 lapsed, and 6 and 7 are in stock. It makes
  /// nothing by itself: its watermarks are met.
  static let rows = [
    """
    INSERT INTO number_pool VALUES (1, 'shop', \(time), \(time), 1, 2, 2, NULL,
      \(ReusePolicy.atOnce.rawValue), 60000000, \(LeaseMode.none.rawValue), 1000000, 86400000000,
      600000000)
    """,
    """
    INSERT INTO number_edition VALUES
      (1, 0, 'SO{serial:6}', 'UTC', \(SerialPeriod.never.rawValue))
    """,
    // 6 handings out, of which 2 were of a number that had come back.
    "INSERT INTO number_counter VALUES (1, 7, 6, 1, 4, 0, 2, 1, 1, 1, \(time))",
    "INSERT INTO number_amount VALUES (1, 'CNY', 500)",
    "INSERT INTO number_series VALUES (1, 0, 0, 8)",
    "INSERT INTO number_range VALUES (1, 0, 0, 5, 5, 5, \(time), 1)",
    "INSERT INTO number_range VALUES (1, 0, 0, 6, 6, 7, \(time), 0)",
    """
    INSERT INTO number_completed VALUES
      (1, 0, 0, 1, 1, \(time), \(time), \(time), 'me', '', 0, 'CNY', 500)
    """,
    """
    INSERT INTO number_returned VALUES
      (1, 0, 0, 2, 3, \(time), \(time), \(time), 0, 1, 1, 0, 'me', '', 0, 'because')
    """,
    """
    INSERT INTO number_returned VALUES
      (1, 0, 0, 3, 1, \(time), \(time), \(time), 0, 2, 1, 1, 'me', '', 0, 'twice')
    """,
    "INSERT INTO number_lock VALUES (1, 0, 0, 4, 1, \(time), \(time), 'me', '', 0, 0, 0)",
  ].map { Statement($0) }

  /// A second before the test's clock begins, wall clock, µs.
  private static let time = 1_699_999_999_000_000
}

extension LockView {
  /// Its state and what it ended with.
  fileprivate var short: String {
    switch state {
    case .live: "live"
    case .ended(_, .completed(let currency, let minor)): "completed \(currency) \(minor)"
    case .ended(_, .returned(let cause, let isRetired, let reason)):
      "\(cause) \(reason)\(isRetired ? ", retired" : "")"
    }
  }
}
