public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

extension WarningService {
  /// Follows what becomes of warnings.
  public func watchWarnings(
    _ request: WatchWarningsRequest, responses: ResponseWriter<WatchWarningsResponse>,
    context: ServerContext
  ) async throws(RPCError) {
    let filter: WarningFilter
    let pause: Duration
    do throws(WarningRefusal) {
      filter = try WarningFilter(
        business: request.business, kinds: request.kinds, least: request.leastSeverity)
      pause = try Self.progress(request.progressInterval, "progress_interval")
    } catch {
      throw error.rpcError
    }
    let reader: FeedReader
    do throws(FeedError) {
      reader = try calls.store.follow(
        WarningFeeds.warnings, from: request.cursor.map { .cursor($0) } ?? .now)
    } catch {
      throw error.rpcError()
    }
    var position = reader.start
    try await responses.write(WatchWarningsResponse(cursor: reader.cursor(at: position)))
    var told = calls.store.boot
    while true {
      let chunks: [FeedChunk]
      do throws(FeedError) {
        chunks = try await reader.next(after: position, until: told + pause)
      } catch {
        throw error.rpcError()
      }
      var wasTold = false
      for chunk in chunks {
        wasTold = try await write(chunk, after: position, filter, reader, responses) || wasTold
        position = chunk.last
      }
      // Also where nothing matched for a while, so that the cursor doesn't grow old.
      if !wasTold, calls.store.boot >= told + pause {
        try await responses.write(WatchWarningsResponse(cursor: reader.cursor(at: position)))
        wasTold = true
      }
      if wasTold { told = calls.store.boot }
    }
  }

  /// Writes those events of a chunk that match; false if none does.
  private func write(
    _ chunk: FeedChunk, after position: Int64, _ filter: WarningFilter, _ reader: FeedReader,
    _ responses: ResponseWriter<WatchWarningsResponse>
  ) async throws(RPCError) -> Bool {
    guard let entries = chunk.shared(WarningEventChunk.init).entries else {
      throw RPCError(.internal, reason: "STORE_FAILED", "an event of the warnings can't be read")
    }
    var bytes: [UInt8] = []
    var (count, wasTold) = (0, false)
    for (place, entry) in entries.enumerated() {
      let sequence = chunk.first + Int64(place)
      guard sequence > position,
        filter.takes(business: entry.business, kind: entry.kind, severity: entry.severity)
      else { continue }
      bytes += entry.bytes
      count += 1
      guard count == WarningLimits.eventsPerResponse else { continue }
      try await write(bytes, reader.cursor(at: sequence), responses)
      (bytes, count, wasTold) = ([], 0, true)
    }
    guard count > 0 else { return wasTold }
    try await write(bytes, reader.cursor(at: chunk.last), responses)
    return true
  }

  /// Writes encoded events with the cursor after them.
  private func write(
    _ events: [UInt8], _ cursor: String, _ responses: ResponseWriter<WatchWarningsResponse>
  ) async throws(RPCError) {
    let end: [UInt8]
    do throws(EncodingFailure) { end = try WatchWarningsResponse(cursor: cursor).encoded() } catch {
      throw RPCError(.internal, "a cursor can't be encoded")
    }
    try await responses.write(EncodedMessage(bytes: events + end))
  }

  static func progress(
    _ interval: ProtoDuration?, _ field: String
  ) throws(WarningRefusal) -> Duration {
    .microseconds(
      try WarningRule.duration(
        interval, field, WarningLimits.second...WarningLimits.longestProgress,
        unset: WarningLimits.progress))
  }
}
