/// Follows a feed: from the store as long as it is behind, then from memory, without a gap.
///
/// A reader holds no messages and no place in a queue; where it is, its owner says with each call of
/// `next`. So one that doesn't keep up costs nothing but the pages that it then reads.
///
/// reader  | event                                | then                             | reader
/// --------|--------------------------------------|----------------------------------|---------
/// ready   | next; there is more in memory        | chunks, shared by all readers    | ready
/// ready   | next; there is more in the store     | waits for its turn at the store  | reading
/// ready   | next; it is at the head              |                                  | waiting
/// ready   | next; what comes next isn't kept     | throws tooOld                    | ready
/// waiting | a commit appended to the feed        | looks again                      | ready
/// waiting | the deadline                         | no chunks                        | ready
/// reading | the page is there                    | chunks                           | ready
/// reading | the page begins after what was asked | throws tooOld: it was deleted    | ready
/// reading | the store can't be read now          | looks again in a moment, or when | waiting
///         |                                      | the store was recovered          |
/// reading | the same for longer than its patience | throws; its position is good    | ready
/// any     | its task is cancelled                | throws cancelled                 | ready
/// any     | the store is closed or has failed    | throws that                      | ready
///
/// Why nothing is missed between store and memory: a chunk is in the store before it is in memory,
/// and what is in memory ends at the head without a gap. A reader that is before what is in memory
/// reads a page, which begins where the reader is, until it has come to what is in memory. The page
/// ends at the head that the hub knows: of a batch that is durable but not published yet, a reader
/// would be ahead of everything that it can ask for next.
public final class FeedReader: Sendable {
  /// The feed.
  public let key: FeedKey
  /// The message after which it begins; 0: before the first.
  public let start: Int64
  private let hub: FeedHub
  private let feed: FeedHub.Feed
  /// Who is counted for it; kept, so that nobody else becomes the same object.
  private let follower: (any AnyObject & Sendable)?
  private let waiter = FeedWaiter()
  private let readers: Readers
  private let incarnation: UInt64

  init(
    _ hub: FeedHub, _ feed: FeedHub.Feed, at start: Int64,
    follower: (any AnyObject & Sendable)?, readers: Readers, incarnation: UInt64
  ) {
    self.hub = hub
    self.feed = feed
    self.start = start
    self.follower = follower
    self.readers = readers
    self.incarnation = incarnation
    key = feed.key
  }

  deinit { hub.leave(feed, follower: follower.map { ObjectIdentifier($0) }) }

  /// The text by which a reader can later begin after a message.
  public func cursor(at sequence: Int64) -> String {
    FeedCursor(incarnation: incarnation, feed: key, sequence: sequence).text
  }

  /// What comes after `position`, in order and without a gap: some of it if there is more, in chunks
  /// of which the first may begin before `position + 1`. Waits for it until `deadline` on the
  /// store's boot scale, and then returns none. One task at a time may call it.
  public func next(
    after position: Int64, until deadline: BootTime? = nil
  ) async throws(FeedError) -> [FeedChunk] {
    var failing: BootTime?
    while true {
      if Task.isCancelled { throw .store(.cancelled) }
      switch try hub.find(feed, after: position) {
      case .chunks(let chunks): return chunks
      case .refused(let refusal): throw .cursor(refusal)
      case .head:
        if let deadline, deadline <= hub.now { return [] }
        await hub.wait(waiter, for: feed, after: position, until: deadline)
      case .store:
        switch await page(from: position + 1) {
        case nil: break
        case .success(let page):
          guard let first = page.first, first.first <= position + 1 else {
            throw .cursor(.tooOld(oldest: page.first?.first ?? position + 1))
          }
          return page
        case .failure(let error): try await pause(after: error, since: &failing)
        }
      }
    }
  }

  /// Nil if it wasn't its turn.
  private func page(from sequence: Int64) async -> Result<[FeedChunk], StoreError>? {
    guard await hub.takeTurn(waiter, of: readers.count) else { return nil }
    defer { hub.giveTurn(waiter) }
    let head = hub.bounds(of: key).head
    do throws(StoreError) {
      return .success(
        try await readers.read(caller: Self.caller) { [key] (connection) throws(StoreError) in
          try connection.chunks(of: key, from: sequence, through: head)
        })
    } catch {
      return .failure(error)
    }
  }

  /// All readers of feeds take turns with everybody else as one.
  private static let caller = "feeds"

  private func pause(
    after error: StoreError, since failing: inout BootTime?
  ) async throws(FeedError) {
    let now = hub.now
    let since = failing ?? now
    failing = since
    switch error {
    case .unavailable, .queueFull, .deadlineExceeded, .storage:
      guard now - since < FeedLimits.patience else { throw .store(error) }
    case .cancelled, .constraint, .statement, .corrupt, .newerVersion, .locked, .notWritable,
      .failed, .closed:
      throw .store(error)
    }
    await hub.wait(waiter, for: feed, after: nil, until: now + FeedLimits.retryPause)
  }
}
