/// What is durable of the feeds, told by the writer, and who waits for more of it.
///
/// The writer only moves waiters to `ready`, all of a feed at once; a thread of the hub's own resumes
/// them, so that a thousand readers don't hold up a commit.
final class FeedHub: @unchecked Sendable {
  // Everything mutable, also of `Feed` and `FeedWaiter`, is guarded by `monitor`.

  /// A chunk that was appended.
  struct Appended: Sendable {
    let feed: FeedKey
    let chunk: FeedChunk
  }

  /// One feed's readers and what they share.
  final class Feed: @unchecked Sendable {  // Guarded by the hub's monitor.
    let key: FeedKey
    var tail = FeedTail()
    var readers = 0
    var waiting: [FeedWaiter] = []
    /// Of those waiting, those who were resumed already.
    var left = 0

    init(_ key: FeedKey) { self.key = key }
  }

  /// A chunk in memory, so that the oldest of all feeds can be let go first.
  private struct Held {
    let feed: Feed
    let last: Int64
  }

  let monitor = Monitor()
  private var feeds: [FeedKey: Feed] = [:]
  /// Those with readers.
  var followed: [FeedKey: Feed] = [:]
  private var held = Ring<Held>()
  private var heldCost = 0
  private var readers = 0
  /// Of those who are counted.
  private var readersByFollower: [ObjectIdentifier: Int] = [:]
  var ended: StoreError?
  var times: StoreTimes?
  var ready: [UnsafeContinuation<Void, Never>] = []
  /// No waiter has an earlier deadline.
  var earliest: BootTime?
  var lastLook = ContinuousClock.now
  /// Readers that read a page of the store now.
  var reading = 0
  /// Readers that wait for their turn at it.
  var turns = Ring<FeedWaiter>()

  // MARK: - From the writer

  /// The feeds were read from what is committed, at the start or after a recovery.
  func loaded(_ bounds: [FeedKey: FeedBounds]) {
    monitor.withLock {
      for (key, bounds) in bounds { change(feed(key)) { $0.loaded(bounds) } }
      for (key, feed) in feeds where bounds[key] == nil { change(feed) { $0.loaded(FeedBounds()) } }
      for feed in followed.values { wakeAll(of: feed) }
    }
  }

  /// A batch is durable: what it appended, in order, and of which feeds it deleted what is before
  /// `oldest`.
  func committed(_ appended: [Appended], oldest: [(feed: FeedKey, sequence: Int64)]) {
    monitor.withLock {
      for one in appended {
        let feed = feed(one.feed)
        change(feed) { $0.append(one.chunk, isFollowed: feed.readers > 0) }
        if feed.readers > 0 { held.append(Held(feed: feed, last: one.chunk.last)) }
        wakeAll(of: feed)
      }
      for (key, sequence) in oldest { change(feed(key)) { $0.pruned(before: sequence) } }
      letGo()
    }
  }

  /// Nobody gets anything any more: readers that wait, and those that come back, get `error`.
  func end(_ error: StoreError) {
    monitor.withLock {
      guard ended == nil else { return }
      ended = error
      for feed in followed.values { wakeAll(of: feed) }
      while let waiter = turns.popFirst() { wake(waiter) }
      monitor.signal()
    }
  }

  private func feed(_ key: FeedKey) -> Feed {
    if let feed = feeds[key] { return feed }
    let feed = Feed(key)
    feeds[key] = feed
    return feed
  }

  private func change(_ feed: Feed, _ body: (inout FeedTail) -> Void) {
    let before = feed.tail.cost
    body(&feed.tail)
    heldCost += feed.tail.cost - before
  }

  /// Keeps what is in memory within its bound; what nobody has any more goes first.
  private func letGo() {
    while heldCost > FeedLimits.tailBytes || held.count > FeedLimits.tailChunks,
      let oldest = held.popFirst()
    {
      guard oldest.feed.tail.firstLast == oldest.last else { continue }
      change(oldest.feed) { $0.dropFirst() }
    }
  }

  // MARK: - From readers

  /// What of a feed is kept, as far as it is durable.
  func bounds(of key: FeedKey) -> FeedBounds {
    monitor.withLock { feeds[key]?.tail.bounds ?? FeedBounds() }
  }

  /// Registers one more reader, at a position that `choose` finds in what is kept. From here on
  /// what is appended stays in memory for a while, so that nothing is missed in between.
  func join(
    _ key: FeedKey, limit: Int, follower: ObjectIdentifier?,
    _ choose: (FeedBounds) throws(CursorRefusal) -> Int64
  ) throws(FeedError) -> (feed: Feed, position: Int64) {
    try monitor.withLock { () throws(FeedError) in
      if let ended { throw .store(ended) }
      guard readers < limit else { throw .tooManyReaders(limit: limit) }
      let own = follower.map { readersByFollower[$0, default: 0] } ?? 0
      guard own < FeedLimits.readersPerFollower else {
        throw .tooManyOfFollower(limit: FeedLimits.readersPerFollower)
      }
      let feed = feed(key)
      let position: Int64
      do throws(CursorRefusal) { position = try choose(feed.tail.bounds) } catch {
        throw .cursor(error)
      }
      if case .refused(let refusal) = feed.tail.find(after: position) { throw .cursor(refusal) }
      readers += 1
      if let follower { readersByFollower[follower] = own + 1 }
      feed.readers += 1
      followed[key] = feed
      return (feed, position)
    }
  }

  /// A reader is gone; the last of a feed takes what was kept for it along.
  func leave(_ feed: Feed, follower: ObjectIdentifier?) {
    monitor.withLock {
      readers -= 1
      if let follower {
        let left = readersByFollower[follower, default: 1] - 1
        readersByFollower[follower] = left == 0 ? nil : left
      }
      feed.readers -= 1
      guard feed.readers == 0 else { return }
      followed[feed.key] = nil
      change(feed) { $0.clear() }
    }
  }

  var readerCount: Int { monitor.withLock { readers } }
  /// Of all feeds together.
  var bytesInMemory: Int { monitor.withLock { heldCost } }

  /// What a reader finds after its position.
  func find(_ feed: Feed, after position: Int64) throws(FeedError) -> FeedTail.Finding {
    try monitor.withLock { () throws(FeedError) in
      if let ended { throw .store(ended) }
      return feed.tail.find(after: position)
    }
  }
}
