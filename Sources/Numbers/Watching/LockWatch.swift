internal import API
internal import Calls
internal import Messages
internal import RPC
internal import Store

/// One stream of a business's events.
///
/// state    | event                              | then                                | state
/// ---------|------------------------------------|-------------------------------------|----------
/// begun    |                                    | progress, with where it begins      | waiting
/// waiting  | messages; each wanted              | a response a slot                   | waiting
/// waiting  | messages; conflated                | waits for its turn                  | gathering
/// gathering | at the head                       | the latest of each, in responses    | waiting
/// gathering | gathered enough                   | the latest of each, in responses    | gathering
/// waiting  | nothing was sent for the interval  | progress                            | waiting
/// any      | the client doesn't take more       | the stream's writer waits, and      | the same
///          |                                    | nothing is gathered for it          |
/// any      | cancelled, or its feed ends        | ends with why                       | ended
struct LockWatch {
  let calls: NumberCalls
  let reader: FeedReader
  let encoding: LockEventEncoding
  let filter: LockFilter
  let settings: WatchSettings
  let responses: ResponseWriter<WatchLocksResponse>
  let context: ServerContext
  /// Of the pool's templates, in order.
  var forms: [NumberForm]
  /// The last event that was sent or left out.
  private var position: Int64 = 0
  /// When progress is sent unless something else is before.
  private var due = BootTime(microseconds: 0)

  init(
    _ calls: NumberCalls, _ reader: FeedReader, _ encoding: LockEventEncoding,
    _ filter: LockFilter, _ settings: WatchSettings,
    _ responses: ResponseWriter<WatchLocksResponse>, _ context: ServerContext, forms: [NumberForm]
  ) {
    self.calls = calls
    self.reader = reader
    self.encoding = encoding
    self.filter = filter
    self.settings = settings
    self.responses = responses
    self.context = context
    self.forms = forms
  }

  /// Sends events until the call ends; that is always by an error.
  mutating func run() async throws(RPCError) {
    position = reader.start
    try await sendProgress()
    while true {
      let chunks = try await next(until: due)
      if let pause = settings.pause, !chunks.isEmpty {
        // An update that isn't whole goes on at once: whoever waited now would fall behind for good.
        while try await !sendLatest() {}
        try await context.sleep(for: .microseconds(pause))
      } else {
        for chunk in chunks { try await send(chunk) }
      }
      if calls.store.boot >= due { try await sendProgress() }
    }
  }

  private func next(until deadline: BootTime) async throws(RPCError) -> [FeedChunk] {
    do throws(FeedError) {
      return try await reader.next(after: position, until: deadline)
    } catch {
      throw error.rpcError()
    }
  }

  private mutating func sendProgress() async throws(RPCError) {
    try await responses.write(
      WatchLocksResponse(cursor: encoding.cursor(position), progress: true))
    wasSent()
  }

  private mutating func wasSent() {
    due = calls.store.boot + .microseconds(settings.progressInterval)
  }

  /// Every event of a chunk that is wanted.
  private mutating func send(_ chunk: FeedChunk) async throws(RPCError) {
    var place = 0
    while let slot = try await slot(of: chunk, place) {
      if slot.last > position {
        if let response = slot.response(after: position, filter) {
          try await responses.write(response)
          wasSent()
        }
        position = slot.last
      }
      place += 1
      if slot.last < chunk.last { await Task.yield() }
    }
  }

  /// The latest event of each number and lease of what is there now, up to a bound: what comes while
  /// this waits for its turn is found in the feed, not kept for it. Says whether that was all.
  private mutating func sendLatest() async throws(RPCError) -> Bool {
    var latest = Conflation<LifeKey, (state: MarkState, bytes: [UInt8])>()
    let start = position
    var chunks = try await next(until: calls.store.boot)
    while !chunks.isEmpty, latest.count < Limits.conflatedKeys {
      for chunk in chunks { try await gather(chunk, &latest) }
      chunks = try await next(until: calls.store.boot)
    }
    let reached = position
    position = start
    let wanted = latest.take().filter { filter.wants($0.value.state) }
    var first = wanted.startIndex
    while first < wanted.endIndex {
      let end = min(first + Limits.eventsPerResponse, wanted.endIndex)
      var bytes: [UInt8] = []
      for event in wanted[first..<end] { bytes.append(contentsOf: event.value.bytes) }
      // Whoever goes on from here finds what isn't sent yet again, and nothing of what is.
      let cursor = end == wanted.endIndex ? reached : wanted[end - 1].sequence
      bytes.append(contentsOf: try encodedCursor(cursor))
      try await responses.write(EncodedMessage(bytes: bytes))
      wasSent()
      first = end
    }
    position = reached
    return chunks.isEmpty
  }

  private mutating func gather(
    _ chunk: FeedChunk, _ latest: inout Conflation<LifeKey, (state: MarkState, bytes: [UInt8])>
  ) async throws(RPCError) {
    var place = 0
    while let slot = try await slot(of: chunk, place) {
      for entry in slot.entries
      where entry.sequence > position && filter.wants(holder: entry.holder) {
        latest.add(
          entry.key, (entry.state, Array(slot.whole.bytes[entry.bytes])), sequence: entry.sequence)
      }
      position = max(position, slot.last)
      place += 1
      if slot.last < chunk.last { await Task.yield() }
    }
  }

  private func encodedCursor(_ sequence: Int64) throws(RPCError) -> [UInt8] {
    do throws(EncodingFailure) {
      return try WatchLocksResponse(cursor: encoding.cursor(sequence)).encoded()
    } catch {
      throw RPCError(.internal, "a cursor can't be encoded")
    }
  }

  /// The slot at `place` of a chunk, made if nobody has made it yet.
  private mutating func slot(
    of chunk: FeedChunk, _ place: Int
  ) async throws(RPCError) -> LockEventSlot? {
    let encoding = encoding
    let view = chunk.shared { LockEventView($0, encoding) }
    if let slot = try? view.slot(place, forms) { return slot }
    do throws(LockEventEncoding.Problem) {
      return try view.slot(place, forms)
    } catch {
      switch error {
      case .damaged: throw Self.damaged
      case .formMissing: break
      }
    }
    // The pool has got another template since.
    let business = encoding.business
    forms = try await calls.ask(context, .read) { (book, _, _) throws(Refusal) in
      try book.forms(of: business)
    }
    do throws(LockEventEncoding.Problem) { return try view.slot(place, forms) } catch {
      throw Self.damaged
    }
  }

  private static let damaged = RPCError(
    .internal, reason: "STORE_FAILED", "an event of this pool can't be read")
}
