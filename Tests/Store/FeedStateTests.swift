import StoreFaults
import Testing

@testable import Store

/// The table at the head of `FeedState`: appending, retention, what is taken back, and the start.
@Suite(.timeLimit(.minutes(10))) struct FeedStateTests {
  let folder = TemporaryFolder()
  let clock = ManualClock()

  static let orders = FeedKey(business: "shop", kind: "orders")
  static let others = FeedKey(business: "other", kind: "orders")

  func open() throws -> DurableStore {
    try DurableStore.open(
      StoreConfiguration(path: folder.database), clock: clock, states: [Ledger.self])
  }

  func chunk(_ feed: FeedKey, _ sequence: Int64, in store: DurableStore) async throws -> String? {
    try await store.read { connection throws(StoreError) in
      try connection.chunk(of: feed, containing: sequence)
        .map { "\($0.first)-\($0.last) \(String(decoding: $0.payload, as: UTF8.self))" }
    }
  }

  @Test func messagesAreNumberedInTheirFeedAndKept() async throws {
    var store = try open()
    for isReopened in [false, true] {
      let next = try await store.execute(caller: "a") { batch in
        let before = batch.feeds.next(of: Self.orders)
        batch.feeds.append(Array("one".utf8), count: 1, to: Self.orders, batch)
        batch.feeds.append(Array("three".utf8), count: 3, to: Self.orders, batch)
        batch.feeds.append(Array("two".utf8), count: 2, to: Self.others, batch)
        return [before, batch.feeds.next(of: Self.orders), batch.feeds.next(of: Self.others)]
      }
      #expect(next == (isReopened ? [5, 9, 5] : [1, 5, 3]))
      await store.close()
      store = try open()
    }
    #expect(try await chunk(Self.orders, 1, in: store) == "1-1 one")
    for sequence in 2...4 as ClosedRange<Int64> {
      #expect(try await chunk(Self.orders, sequence, in: store) == "2-4 three")
    }
    #expect(try await chunk(Self.orders, 8, in: store) == "6-8 three")
    #expect(try await chunk(Self.orders, 9, in: store) == nil)
    #expect(try await chunk(Self.others, 3, in: store) == "3-4 two")
    #expect(try await chunk(FeedKey(business: "shop", kind: "no"), 1, in: store) == nil)
    let heads = try await store.read { connection throws(StoreError) in
      [
        try connection.head(of: Self.orders), try connection.head(of: Self.others),
        try connection.head(of: FeedKey(business: "shop", kind: "no")),
      ]
    }
    #expect(heads == [8, 4, 0])
    await store.close()
  }

  /// A command that throws after its append, beside one that doesn't; in one batch.
  @Test func whatACommandAppendedIsTakenBackWithIt() async throws {
    let store = try open()
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    async let bad = Result { () async throws(StoreError) in
      try await store.execute(caller: "a") { (batch) throws(StoreError) -> Bool in
        batch.feeds.append([1], count: 2, to: Self.orders, batch)
        batch.feeds.append([1], count: 2, to: Self.others, batch)
        batch.feeds.setRetention(.seconds(1), of: Self.others, batch)
        throw StoreError.cancelled
      }
    }
    await store.waits(for: 1)
    async let good: Void = store.execute(caller: "a") { batch in
      batch.feeds.append(Array("good".utf8), count: 1, to: Self.orders, batch)
    }
    await store.waits(for: 2)
    gate.open()
    _ = try await (held, good)
    #expect(await bad == .failure(.cancelled))
    #expect(try await chunk(Self.orders, 1, in: store) == "1-1 good")
    let next = try await store.ask(caller: "a") { batch in
      [batch.feeds.next(of: Self.orders), batch.feeds.next(of: Self.others)]
    }
    #expect(next == [2, 1])
    #expect(store.info.feedHub.bounds(of: Self.orders) == FeedBounds(head: 1, oldest: 1))
    #expect(store.info.feedHub.bounds(of: Self.others) == FeedBounds())
    await store.close()
  }

  /// The engine refuses a row, so the batch is split until the guilty command is alone.
  @Test func aBatchThatIsSplitAppendsEachMessageOnce() async throws {
    let store = try open()
    let ledger = store.state(of: Ledger.self)
    let gate = Gate()
    async let held: Void = store.execute(caller: "a") { _ in gate.pass() }
    await gate.reached()
    let guilty = 5
    let failed = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<16 {
        group.addTask {
          let outcome = await Result { () async throws(StoreError) in
            try await store.execute(caller: "a") { batch in
              _ = ledger[batch].book(number == guilty ? 1_000_000 : 1, to: "\(number)", batch)
              batch.feeds.append(Array("\(number)".utf8), count: 1, to: Self.orders, batch)
            }
          }
          if case .success = outcome { return false } else { return true }
        }
      }
      await store.waits(for: 16)
      gate.open()
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    try await held
    #expect(failed == 1)
    var seen: Set<String> = []
    for sequence in 1...15 as ClosedRange<Int64> {
      let found = try await chunk(Self.orders, sequence, in: store)
      let number = try #require(found).split(separator: " ")
      #expect(number.first == "\(sequence)-\(sequence)")
      seen.insert(String(number.last ?? ""))
    }
    #expect(seen == Set((0..<16).filter { $0 != guilty }.map(String.init)))
    #expect(try await chunk(Self.orders, 16, in: store) == nil)
    #expect(store.info.feedHub.bounds(of: Self.orders) == FeedBounds(head: 15, oldest: 1))
    await store.close()
  }

  func append(_ count: Int, to feed: FeedKey, in store: DurableStore) async throws {
    try await store.execute(caller: "a") { batch in
      batch.feeds.append(Array("x".utf8), count: count, to: feed, batch)
    }
  }

  /// Until the writer has nothing to do at this time.
  func settle(_ store: DurableStore) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while try await store.ask(caller: "a", { ($0.feeds.nextWake ?? $0.boot) <= $0.boot }) {
      guard ContinuousClock.now < end else { throw NeverHappened() }
    }
  }

  @Test func whatIsTooOldIsDeletedButNeverTheNewestChunk() async throws {
    var store = try open()
    try await store.execute(caller: "a") { batch in
      batch.feeds.setRetention(.seconds(3_600), of: Self.orders, batch)
    }
    try await append(2, to: Self.orders, in: store)
    try await append(2, to: Self.others, in: store)
    clock.advance(by: .seconds(1_800))
    try await append(3, to: Self.orders, in: store)
    let hub = store.info.feedHub
    clock.advance(by: .seconds(1_799))
    try await settle(store)
    #expect(hub.bounds(of: Self.orders) == FeedBounds(head: 5, oldest: 1))
    clock.advance(by: .seconds(61))
    try await settle(store)
    #expect(hub.bounds(of: Self.orders) == FeedBounds(head: 5, oldest: 3))
    #expect(try await chunk(Self.orders, 2, in: store) == nil)
    #expect(try await chunk(Self.orders, 3, in: store) == "3-5 x")
    clock.advance(by: .seconds(86_400))
    try await settle(store)
    #expect(hub.bounds(of: Self.orders) == FeedBounds(head: 5, oldest: 3))
    #expect(hub.bounds(of: Self.others) == FeedBounds(head: 2, oldest: 1))
    await store.close()
    store = try open()
    #expect(store.info.feedHub.bounds(of: Self.orders) == FeedBounds(head: 5, oldest: 3))
    // The retention was kept, and what comes next lets the oldest go.
    try await append(1, to: Self.orders, in: store)
    clock.advance(by: .seconds(61))
    try await settle(store)
    #expect(store.info.feedHub.bounds(of: Self.orders) == FeedBounds(head: 6, oldest: 6))
    await store.close()
  }

  /// Age, the end that the owner names, and the newest chunk each bound what goes; what is undone stays.
  @Test func anOwnerPrunesOnlyWhatItNeedsNoLonger() async throws {
    let store = try open()
    try await store.execute(caller: "a") { batch in
      batch.feeds.setRetention(.seconds(1_000_000), of: Self.orders, batch)
    }
    try await append(2, to: Self.orders, in: store)
    try await append(2, to: Self.orders, in: store)
    clock.advance(by: .seconds(60))
    try await append(2, to: Self.orders, in: store)
    let hub = store.info.feedHub
    func prune(_ last: Int64, _ age: Int64) async throws -> Int64 {
      let pruned = try await store.execute(caller: "a") { batch throws(StoreError) in
        try batch.feeds.prune(Self.orders, through: last, olderThan: .seconds(age), batch).oldest
      }
      #expect(hub.bounds(of: Self.orders) == FeedBounds(head: 6, oldest: pruned))
      return pruned
    }
    #expect(try await prune(.max, 60) == 1)
    #expect(try await prune(1, 59) == 1)
    await #expect(throws: StoreError.self) {
      try await store.execute(caller: "a") { batch throws(StoreError) in
        _ = try batch.feeds.prune(Self.orders, through: 3, olderThan: .seconds(59), batch)
        throw StoreError.corrupt("planted")
      }
    }
    #expect(hub.bounds(of: Self.orders) == FeedBounds(head: 6, oldest: 1))
    #expect(try await chunk(Self.orders, 1, in: store) != nil)
    #expect(try await prune(3, 59) == 3)
    #expect(try await chunk(Self.orders, 2, in: store) == nil)
    #expect(try await prune(4, 59) == 5)
    clock.advance(by: .seconds(3_600))
    #expect(try await prune(.max, 59) == 5)
    await store.close()
  }

  /// Many feeds with many chunks: every piece is bounded, and yet all of it goes.
  @Test func pruningGoesRoundAllFeedsInPieces() async throws {
    let store = try open()
    let feeds = (0..<5).map { FeedKey(business: "b\($0)", kind: "orders") }
    try await store.execute(caller: "a") { batch in
      for feed in feeds {
        batch.feeds.setRetention(.seconds(3_600), of: feed, batch)
        for _ in 0..<(3 * FeedLimits.prunedChunks) {
          batch.feeds.append([7], count: 1, to: feed, batch)
        }
      }
    }
    clock.advance(by: .seconds(7_200))
    try await settle(store)
    let head = Int64(3 * FeedLimits.prunedChunks)
    for feed in feeds {
      #expect(store.info.feedHub.bounds(of: feed) == FeedBounds(head: head, oldest: head))
    }
    await store.close()
  }

  /// The heads are found by their keys, however many chunks there are.
  @Test func theStartLooksAtTheEndsOfFeedsOnly() async throws {
    let store = try open()
    let plan = Statement("EXPLAIN QUERY PLAN \(FeedSchema.feeds.sql)")
    let steps = try await store.read { connection throws(StoreError) in
      var steps: [String] = []
      try connection.query(plan) { steps.append($0.text(3)) }
      return steps
    }
    let chunks = steps.filter { $0.contains(" c ") }
    #expect(chunks.count == 4 && chunks.allSatisfy { $0.hasPrefix("SEARCH") })
    await store.close()
  }
}
