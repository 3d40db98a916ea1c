internal import Messages
internal import RPC
internal import Store

/// One client's watch of a feed.
///
/// state     | event                              | then                                | state
/// ----------|------------------------------------|-------------------------------------|----------
/// begun     |                                    | progress, with where it begins      | waiting
/// waiting   | messages; each wanted              | a response a slot                   | waiting
/// waiting   | messages; conflated, too early     | waits for its turn                  | waiting
/// waiting   | messages; conflated                | looks at all until the head         | gathering
/// gathering | at the head                        | the latest of each, in responses    | waiting
/// gathering | gathered enough                    | the latest of each, in responses    | gathering
/// waiting   | nothing was sent for the interval  | progress                            | waiting
/// any       | the client doesn't take more       | the stream's writer waits, and      | the same
///           |                                    | nothing is gathered for it          |
/// any       | a message can't be read            | ends with STORE_FAILED, before it   | ended
/// any       | cancelled, or its feed ends        | ends with why                       | ended
struct FeedWatch<Feed: WatchedFeed> {
  private var feed: Feed
  private let reader: FeedReader
  private let store: DurableStore
  private let isConflated: Bool
  private let responses: ResponseWriter<Feed.Response>
  private let context: ServerContext
  private var pace: WatchPace
  /// The last message that was sent or left out.
  private var position: Int64

  init(
    _ feed: Feed, _ reader: FeedReader, of store: DurableStore, _ settings: WatchSettings,
    _ responses: ResponseWriter<Feed.Response>, _ context: ServerContext
  ) {
    self.feed = feed
    self.reader = reader
    self.store = store
    self.responses = responses
    self.context = context
    isConflated = settings.pause != nil
    pace = WatchPace(settings, at: store.boot.microseconds)
    position = reader.start
  }

  private var now: Int64 { store.boot.microseconds }

  /// Sends events until the call ends; that is always by an error.
  mutating func run() async throws(RPCError) {
    while true {
      if pace.isProgressDue(at: now) { try await sendProgress() }
      let chunks = try await next(until: pace.progressDue)
      if !isConflated {
        try await send(chunks)
      } else if !chunks.isEmpty {
        if let wait = pace.wait(at: now) {
          try await context.sleep(for: .microseconds(wait))
        } else {
          try await sendLatest(from: chunks)
        }
      }
    }
  }

  private func next(until deadline: Int64) async throws(RPCError) -> [FeedChunk] {
    do throws(FeedError) {
      return try await reader.next(
        after: position, until: BootTime(microseconds: deadline))
    } catch {
      throw error.rpcError()
    }
  }

  private mutating func sendProgress() async throws(RPCError) {
    try await responses.write(
      feed.response(cursor: reader.cursor(at: position), isProgress: true))
    pace.sent(at: now)
  }

  /// Every event that is wanted.
  private mutating func send(_ chunks: [FeedChunk]) async throws(RPCError) {
    var slots = Slots(chunks: chunks[...])
    while let slot = try await next(of: &slots) {
      if let response = slot.response(after: position, for: feed) {
        try await responses.write(response)
        pace.sent(at: now)
      }
      position = slot.last
    }
  }

  // MARK: - Conflated

  /// The latest event of each key until the head, in parts if there are too many: what comes while this
  /// waits for its turn is found in the feed, not kept for it.
  private mutating func sendLatest(from chunks: [FeedChunk]) async throws(RPCError) {
    // What comes meanwhile is the next update's.
    let head = store.head(of: reader.key)
    var chunks = chunks
    while !chunks.isEmpty {
      var latest = Conflation<Feed.Key, (facts: Feed.Facts, bytes: [UInt8])>()
      while !chunks.isEmpty, latest.count < WatchLimits.conflatedKeys {
        try await gather(chunks, &latest)
        chunks = position < head ? try await next(until: now) : []
      }
      try await send(latest.take().filter { feed.shows($0.value.facts) })
    }
    pace.updated(at: now)
  }

  private mutating func gather(
    _ chunks: [FeedChunk], _ latest: inout Conflation<Feed.Key, (facts: Feed.Facts, bytes: [UInt8])>
  ) async throws(RPCError) {
    var slots = Slots(chunks: chunks[...])
    while let slot = try await next(of: &slots) {
      for entry in slot.entries where entry.sequence > position && feed.follows(entry.facts) {
        latest.add(
          entry.key, (entry.facts, Array(slot.bytes[entry.bytes])), sequence: entry.sequence)
      }
      position = slot.last
    }
  }

  /// Sends the latest events of everything up to the position.
  private mutating func send(
    _ latest: [(sequence: Int64, value: (facts: Feed.Facts, bytes: [UInt8]))]
  ) async throws(RPCError) {
    var rest = latest[...]
    while let last = rest.prefix(WatchLimits.eventsPerResponse).last {
      let part = rest.prefix(WatchLimits.eventsPerResponse)
      rest = rest.dropFirst(part.count)
      // Whoever goes on from here finds what isn't sent yet again, and nothing of what is.
      let cursor = reader.cursor(at: rest.isEmpty ? position : last.sequence)
      var bytes = part.flatMap(\.value.bytes)
      do throws(EncodingFailure) {
        bytes += try feed.response(cursor: cursor, isProgress: false).encoded()
      } catch {
        throw RPCError(.internal, "a cursor can't be encoded")
      }
      try await responses.write(EncodedMessage(bytes: bytes))
      pace.sent(at: now)
    }
  }

  // MARK: - Slots

  /// Chunks that aren't gone through yet, and a place in the first of them.
  private struct Slots {
    var chunks: ArraySlice<FeedChunk>
    var place = 0
  }

  /// The next slot that ends after the position, made if nobody has made it yet.
  private mutating func next(of slots: inout Slots) async throws(RPCError) -> WatchSlot<Feed>? {
    while let chunk = slots.chunks.first {
      // The loop's other work comes between the slots of a large chunk.
      if slots.place > 0 { await Task.yield() }
      let slot = try await slot(of: chunk, slots.place)
      slots.place += 1
      if slot.last == chunk.last { slots = Slots(chunks: slots.chunks.dropFirst()) }
      if slot.last > position { return slot }
    }
    return nil
  }

  private mutating func slot(
    of chunk: FeedChunk, _ place: Int
  ) async throws(RPCError) -> WatchSlot<Feed> {
    let view = chunk.shared { [feed] in WatchView($0, feed) }
    let made = Result { () throws(WatchProblem) in try view.slot(place, feed, reader.cursor) }
    switch made {
    case .success(let slot?): return slot
    case .failure(.outdated): try await feed.renew()
    case .success(nil), .failure(.damaged): throw Self.damaged
    }
    do throws(WatchProblem) {
      if let slot = try view.slot(place, feed, reader.cursor) { return slot }
    } catch {}
    throw Self.damaged
  }

  private static var damaged: RPCError {
    RPCError(.internal, reason: "STORE_FAILED", "an event of this feed can't be read")
  }
}
