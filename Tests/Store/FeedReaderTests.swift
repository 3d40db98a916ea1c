import StoreFaults
import Testing

@testable import Store

/// The table at the head of `FeedReader`.
@Suite(.timeLimit(.minutes(10))) struct FeedReaderTests {
  let folder = TemporaryFolder()
  let clock = ManualClock()

  static let feed = FeedKey(business: "shop", kind: "orders")

  func open(_ change: (inout StoreConfiguration) -> Void = { _ in }) throws -> DurableStore {
    var configuration = StoreConfiguration(path: folder.database)
    change(&configuration)
    return try DurableStore.open(configuration, clock: clock, states: [])
  }

  func follower(_ store: DurableStore) -> FeedFollower {
    FeedFollower(store: store, feed: Self.feed)
  }

  /// Readers that begin anywhere, at any moment, while a writer is at work.
  @Test(arguments: 0..<30)
  func nothingIsMissedOrRepeatedBetweenStoreAndMemory(_ round: Int) async throws {
    let store = try open()
    let feed = follower(store)
    var random = SeededGenerator(seed: SeededGenerator.seed())
    let sizes = (0..<120).map { _ in Int.random(in: 1...9, using: &random) }
    let end = Int64(sizes.reduce(0, +))
    // Some begin where there is nothing yet, some in the middle of it.
    let starts = (0..<20).map { _ in
      (Int.random(in: 0..<120, using: &random), Int.random(in: 0...2, using: &random))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for size in sizes { try await feed.append(size) } }
      for (moment, kind) in starts {
        group.addTask {
          try await until { store.info.feedHub.bounds(of: Self.feed).head >= moment }
          let first = try store.follow(Self.feed, from: kind == 0 ? .oldest : .now)
          if kind == 0 { #expect(first.start == 0) }
          var position = try await feed.read(first, from: first.start, to: min(end, 300))
          // On to another reader, by a cursor.
          let second = try store.follow(Self.feed, from: .cursor(first.cursor(at: position)))
          #expect(second.start == position)
          position = try await feed.read(second, from: position, to: end)
          #expect(position == end)
        }
      }
      try await group.waitForAll()
    }
    #expect(store.feedReaders == 0 && store.info.feedHub.bytesInMemory == 0)
    await store.close()
  }

  /// Starts are at the edges of what is kept, or refused, each by its name.
  @Test func aReaderBeginsWithinWhatIsKept() async throws {
    let store = try open()
    let feed = follower(store)
    func start(_ start: FeedStart) throws(FeedError) -> Int64 {
      try store.follow(Self.feed, from: start).start
    }
    #expect(try start(.now) == 0 && start(.oldest) == 0)
    #expect(try start(.cursor(store.cursor(of: Self.feed, at: 0))) == 0)
    #expect(throws: FeedError.cursor(.ahead(head: 0))) {
      try start(.cursor(store.cursor(of: Self.feed, at: 1)))
    }
    for _ in 0..<4 {
      try await feed.append(5)
      clock.advance(by: .seconds(100))
    }
    try await store.execute(caller: "a") { batch in
      batch.feeds.setRetention(.seconds(3_600), of: Self.feed, batch)
    }
    // Appended 3,750, 3,650, 3,550 and 3,450 seconds before.
    clock.advance(by: .seconds(3_350))
    try await until { store.info.feedHub.bounds(of: Self.feed).oldest == 11 }
    #expect(try start(.now) == 20 && start(.oldest) == 10)
    #expect(try start(.cursor(store.cursor(of: Self.feed, at: 10))) == 10)
    #expect(try start(.cursor(store.cursor(of: Self.feed, at: 20))) == 20)
    for (sequence, refusal) in [
      (0, .tooOld(oldest: 11)), (9, .tooOld(oldest: 11)), (21, .ahead(head: 20)),
    ] as [(Int64, CursorRefusal)] {
      #expect(throws: FeedError.cursor(refusal)) {
        try start(.cursor(store.cursor(of: Self.feed, at: sequence)))
      }
    }
    #expect(throws: FeedError.cursor(.invalid)) { try start(.cursor("nonsense")) }
    let other = FeedKey(business: "shop", kind: "others")
    #expect(throws: FeedError.cursor(.foreign)) {
      try start(.cursor(store.cursor(of: other, at: 20)))
    }
    let elsewhere = TemporaryFolder()
    let foreign = try DurableStore.open(
      StoreConfiguration(path: elsewhere.database), clock: clock, states: [])
    #expect(throws: FeedError.cursor(.foreign)) {
      try start(.cursor(foreign.cursor(of: Self.feed, at: 20)))
    }
    #expect(store.feedReaders == 0)
    await foreign.close()
    await store.close()
  }

  @Test func aCursorOutlivesTheServer() async throws {
    var store = try open()
    try await follower(store).append(7)
    var cursor = store.cursor(of: Self.feed, at: 4)
    for round in 1...3 as ClosedRange<Int64> {
      await store.close()
      store = try open()
      try await follower(store).append(7)
      let reader = try store.follow(Self.feed, from: .cursor(cursor))
      let position = try await follower(store).read(
        reader, from: reader.start, to: 7 * (round + 1))
      #expect(position == 7 * (round + 1))
      cursor = reader.cursor(at: position)
    }
    await store.close()
  }

  /// A batch is durable for a moment before it is published: a page that showed it would leave its
  /// reader ahead of the head.
  @Test func aPageEndsAtWhatIsPublished() async throws {
    let store = try open()
    try await follower(store).append(3)
    try await follower(store).append(4)
    // What the writer has committed and not yet told.
    let writer = try SQLiteConnection(path: folder.database, readOnly: false, vfs: nil)
    try writer.run(
      """
      INSERT INTO feed_chunk SELECT feed, 9, 8, time_us, payload FROM feed_chunk WHERE last = 7
      """)
    writer.close()
    let reader = try store.follow(Self.feed, from: .oldest)
    #expect(try await reader.next(after: 0).map(\.last) == [3, 7])
    #expect(try await reader.next(after: 7, until: store.boot).isEmpty)
    await store.close()
  }

  @Test func aPageHasSoManyBytesOrMessagesAndNotMore() async throws {
    let store = try open()
    for padding in [20_000, 20_000, 20_000, 20_000, 20_000] {
      try await follower(store).append(1, padding: padding)
    }
    for count in [1_000, 30, 30] { try await follower(store).append(count) }
    let connection = try SQLiteConnection(path: folder.database, readOnly: true, vfs: nil)
    defer { connection.close() }
    let reading = ReadConnection(connection)
    #expect(try reading.chunks(of: Self.feed, from: 1).map(\.first) == [1, 2, 3, 4])
    #expect(try reading.chunks(of: Self.feed, from: 5).map(\.first) == [5, 6, 1_006])
    #expect(try reading.chunks(of: Self.feed, from: 5, atMost: 2).map(\.first) == [5, 6])
    await store.close()
  }

  @Test func aReaderAtTheHeadWaitsForAMessageOrItsDeadline() async throws {
    let store = try open()
    let reader = try store.follow(Self.feed, from: .now)
    #expect(try await reader.next(after: 0, until: store.boot).isEmpty, "it has passed already")
    let deadline = store.boot + .seconds(30)
    async let nothing = reader.next(after: 0, until: deadline)
    try await store.readersWait(1, for: Self.feed)
    clock.advance(by: .seconds(29))
    try await store.readersWait(1, for: Self.feed)
    clock.advance(by: .seconds(1))
    #expect(try await nothing.isEmpty)
    async let something = reader.next(after: 0, until: store.boot + .seconds(30))
    try await store.readersWait(1, for: Self.feed)
    // Another feed's message is none of this one's.
    let other = FeedFollower(store: store, feed: FeedKey(business: "other", kind: "orders"))
    try await other.append(1)
    try await store.readersWait(1, for: Self.feed)
    try await follower(store).append(3)
    #expect(try await something.map(\.last) == [3])
    await store.close()
  }

  @Test func manyReadersShareOneChunkAndOneView() async throws {
    let store = try open()
    let readers = try (0..<50).map { _ in try store.follow(Self.feed, from: .now) }
    final class View: Sendable {}
    try await withThrowingTaskGroup(of: ObjectIdentifier.self) { group in
      for reader in readers {
        group.addTask {
          let chunk = try await reader.next(after: 0)[0]
          return ObjectIdentifier(chunk)
        }
      }
      try await store.readersWait(50, for: Self.feed)
      try await follower(store).append(1)
      var seen: Set<ObjectIdentifier> = []
      for try await chunk in group { seen.insert(chunk) }
      #expect(seen.count == 1)
    }
    let chunk = try await readers[0].next(after: 0)[0]
    let views = (0..<3).map { _ in chunk.shared { _ in View() } }
    #expect(views[0] === views[1] && views[1] === views[2])
    await store.close()
  }

  /// Three ways to end while waiting; none of them leaves a reader behind.
  @Test func aWaitingReaderCanBeCancelled() async throws {
    let store = try open()
    let tasks = (0..<10).map { _ in
      Task { try await store.follow(Self.feed, from: .now).next(after: 0) }
    }
    try await store.readersWait(10, for: Self.feed)
    for task in tasks.prefix(9) { task.cancel() }
    for task in tasks.prefix(9) {
      await #expect(throws: FeedError.store(.cancelled)) { try await task.value }
    }
    #expect(store.feedReaders == 1)
    try await follower(store).append(1)
    #expect(try await tasks[9].value.count == 1)
    #expect(store.feedReaders == 0)
    let late = Task {
      try await store.follow(Self.feed, from: .now).next(after: 1, until: store.boot + .seconds(9))
    }
    late.cancel()
    await #expect(throws: FeedError.store(.cancelled)) { try await late.value }
    await store.close()
  }

  @Test(arguments: [false, true])
  func theEndOfTheStoreEndsItsReaders(_ feedsOnly: Bool) async throws {
    let store = try open()
    try await follower(store).append(1)
    let tasks = (0..<10).map { _ in
      Task { try await store.follow(Self.feed, from: .now).next(after: 1) }
    }
    try await store.readersWait(10, for: Self.feed)
    let behind = try store.follow(Self.feed, from: .oldest)
    if feedsOnly { store.endFeeds() } else { await store.close() }
    for task in tasks {
      await #expect(throws: FeedError.store(.closed)) { try await task.value }
    }
    await #expect(throws: FeedError.store(.closed)) { try await behind.next(after: 0) }
    #expect(throws: FeedError.store(.closed)) { try store.follow(Self.feed, from: .now) }
    if feedsOnly {
      try await follower(store).append(1)
      await store.close()
    }
  }

  @Test func onlySoManyReadersMayFollow() throws {
    let store = try open { $0.feedReaders = 3 }
    var readers = try (0..<3).map { _ in try store.follow(Self.feed, from: .now) }
    #expect(throws: FeedError.tooManyReaders(limit: 3)) {
      try store.follow(Self.feed, from: .now)
    }
    readers.removeLast()
    readers.append(try store.follow(Self.feed, from: .now))
    #expect(store.feedReaders == 3)
  }

  /// Others, and those that aren't counted, have what is left; and one that ends makes room.
  @Test func onlySoManyReadersOfOneFollowerMayFollow() throws {
    final class Follower: Sendable {}
    let store = try open()
    let (one, other) = (Follower(), Follower())
    func join(_ follower: Follower?, _ feed: FeedKey = Self.feed) throws -> FeedReader {
      try store.follow(feed, from: .now, by: follower)
    }
    var readers = try (0..<FeedLimits.readersPerFollower).map { index in
      try join(one, FeedKey(business: "b\(index)", kind: "k"))
    }
    #expect(throws: FeedError.tooManyOfFollower(limit: 100)) { try join(one) }
    readers.append(try join(other))
    readers.append(try join(nil))
    readers.removeFirst()
    readers.append(try join(one))
    #expect(throws: FeedError.tooManyOfFollower(limit: 100)) { try join(one) }
    #expect(store.feedReaders == 102)
    readers.removeAll()
    #expect(store.feedReaders == 0)
    _ = try join(one)
  }
}
