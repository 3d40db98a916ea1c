/// The writing side of the feeds: durable, ordered messages that a reader can follow from any point.
///
/// A feed's messages are numbered 1, 2, 3, … An append brings some of them, as one row, in the batch
/// whose effects they tell of; what reads them is in `FeedHub` and `FeedReader`.
///
/// A feed in the writer's memory, with `kept` the messages `oldest…head`:
///
/// feed    | event                 | then                                | feed
/// --------|-----------------------|-------------------------------------|---------------------
/// none    | append(count)         | rows of the feed and of its chunk   | kept 1…count
/// none    | setRetention          | row of the feed                     | empty
/// empty   | append(count)         | row of the chunk                    | kept 1…count
/// kept    | append(count)         | row of the chunk                    | kept oldest…head + count
/// any     | setRetention          | changes the row                     | the same
/// kept    | a chunk is too old,   | deletes the row                     | kept after it…head
///         | and isn't the newest  |                                     |
/// kept    | prune: its owner      | deletes the rows                    | kept after them…head
///         | needs old ones no     |                                     |
///         | longer                |                                     |
/// any     | the batch is undone   | nothing is published                | as before the batch
/// any     | the batch is durable  | its chunks and ends go to the hub   | the same
///
/// Invariants: chunks of a feed follow one another without a gap; the newest is never deleted, so
/// the head is known after every start; the hub knows of nothing that isn't durable.
public final class FeedState: WriterState {
  /// The name in the migration table.
  public static let capability = "feed"
  /// The tables.
  public static var migrations: [Migration] { FeedSchema.migrations }

  /// One feed. A class, so that what undoes a change needs no second look for it.
  final class Feed {
    let id: Int64
    let key: FeedKey
    var bounds = FeedBounds()
    /// The first message of the newest chunk.
    var newestFirst: Int64 = 1
    /// When the oldest message kept was appended, or earlier.
    var oldestTime = Timestamp(microseconds: .max)
    var retention: Duration

    init(id: Int64, key: FeedKey, retention: Duration) {
      self.id = id
      self.key = key
      self.retention = retention
    }
  }

  private var feeds: [FeedKey: Feed] = [:]
  /// In the order of their ids, for the pruning.
  private(set) var all: [Feed] = []
  private var nextID: Int64 = 1
  /// Of the batch in hand, in their order.
  private var appended: [FeedHub.Appended] = []
  /// Feeds whose oldest messages the batch in hand deletes.
  private(set) var pruned: [Feed] = []
  var pruning: FeedPruning
  private let hub: FeedHub

  /// Reads which feeds there are and where they end.
  public init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    hub = store.feedHub
    pruning = FeedPruning(opened: store.boot)
    var found: [Feed] = []
    try connection.query(FeedSchema.feeds) { row in
      let feed = Feed(
        id: row.integer(0), key: FeedKey(business: row.text(1), kind: row.text(2)),
        retention: .microseconds(row.integer(3)))
      if let head = row.optionalInteger(4) {
        feed.newestFirst = row.integer(5)
        feed.bounds = FeedBounds(head: head, oldest: row.integer(6))
        feed.oldestTime = row.timestamp(7)
      }
      found.append(feed)
    }
    for feed in found { feeds[feed.key] = feed }
    all = found
    nextID = (found.last?.id ?? 0) + 1
    hub.loaded(feeds.mapValues(\.bounds))
  }

  /// The sequence that the feed's next message will have, those of the batch in hand counted; 1 in
  /// a new feed.
  public func next(of key: FeedKey) -> Int64 { (feeds[key]?.bounds.head ?? 0) + 1 }

  /// Appends `count` messages, 1 or more, as one chunk. Keep a chunk small: it is read as a whole.
  public func append(_ payload: [UInt8], count: Int, to key: FeedKey, _ batch: Batch) {
    precondition(count > 0, "a chunk without messages")
    let feed = feed(key, batch)
    let before = (feed.bounds, feed.newestFirst, feed.oldestTime)
    let chunk = FeedChunk(
      first: before.0.head + 1, last: before.0.head + Int64(count), time: batch.now,
      payload: payload)
    feed.bounds.head = chunk.last
    feed.newestFirst = chunk.first
    feed.oldestTime = min(feed.oldestTime, batch.now)
    appended.append(FeedHub.Appended(feed: key, chunk: chunk))
    batch.write(FeedSchema.addChunk) { row in
      row.bind(feed.id)
      row.bind(chunk.last)
      row.bind(chunk.first)
      row.bind(chunk.time)
      row.bind(payload)
    }
    batch.undo { [self] in
      appended.removeLast()
      (feed.bounds, feed.newestFirst, feed.oldestTime) = before
    }
  }

  /// How long the feed's messages are kept, at least; its newest chunk is kept for ever. Makes the
  /// feed if there is none.
  public func setRetention(_ age: Duration, of key: FeedKey, _ batch: Batch) {
    let feed = feed(key, batch)
    let before = feed.retention
    guard age != before else { return }
    feed.retention = age
    batch.write(FeedSchema.setRetention) { row in
      row.bind(feed.id)
      row.bind(age.wholeMicroseconds)
    }
    batch.undo { feed.retention = before }
  }

  func feed(_ key: FeedKey) -> Feed? { feeds[key] }

  private func feed(_ key: FeedKey, _ batch: Batch) -> Feed {
    if let feed = feeds[key] { return feed }
    let feed = Feed(id: nextID, key: key, retention: FeedLimits.defaultRetention)
    feeds[key] = feed
    all.append(feed)
    nextID += 1
    batch.write(FeedSchema.addFeed) { row in
      row.bind(feed.id)
      row.bind(key.business)
      row.bind(key.kind)
      row.bind(feed.retention.wholeMicroseconds)
    }
    batch.undo { [self] in
      feeds[key] = nil
      all.removeLast()
      nextID -= 1
    }
    return feed
  }

  /// The feed's messages through `last` are deleted; the next was appended at `time` or later.
  func drop(_ feed: Feed, through last: Int64, next time: Timestamp, _ batch: Batch) {
    let before = (feed.bounds, feed.oldestTime)
    feed.bounds.oldest = last + 1
    feed.oldestTime = time
    pruned.append(feed)
    batch.write(FeedSchema.prune) { row in
      row.bind(feed.id)
      row.bind(last)
    }
    batch.undo { [self] in
      pruned.removeLast()
      (feed.bounds, feed.oldestTime) = before
    }
  }

  /// Shows readers what is durable.
  public func didCommit() {
    guard !appended.isEmpty || !pruned.isEmpty else { return }
    hub.committed(appended, oldest: pruned.map { ($0.key, $0.bounds.oldest) })
    appended.removeAll(keepingCapacity: true)
    pruned.removeAll(keepingCapacity: true)
  }

  /// When messages may have become too old.
  public var nextWake: BootTime? { pruning.due }

  /// Deletes some of what is kept no longer.
  public func wake(_ batch: Batch) throws(StoreError) { try prune(batch) }
}

extension Batch {
  /// The chunk that holds a message of a feed, those of the batch in hand counted; nil if it isn't kept, or
  /// isn't there yet. For rare decisions: see `query`.
  public func chunk(
    of feed: FeedKey, containing sequence: Int64
  ) throws(StoreError) -> FeedChunk? {
    var found: FeedChunk?
    try query(
      FeedSchema.page,
      bind: { row in
        row.bind(feed.business)
        row.bind(feed.kind)
        row.bind(sequence)
        row.bind(1)
      },
      { row in
        guard row.integer(0) <= sequence else { return }
        found = FeedChunk(
          first: row.integer(0), last: row.integer(1), time: row.timestamp(2),
          payload: row.bytes(3))
      })
    return found
  }

  /// The feeds, for appending to them.
  public var feeds: FeedState {
    let state = states[DurableStore.feedStateIndex] as AnyObject
    assert(state is FeedState)
    return unsafeDowncast(state, to: FeedState.self)
  }
}
