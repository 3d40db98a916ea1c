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
    var response = WatchWarningsResponse()
    var wasTold = false
    for (place, event) in chunk.shared(WarningEventChunk.init).events.enumerated() {
      let sequence = chunk.first + Int64(place)
      guard sequence > position, let warning = event.warning, filter.takes(warning) else {
        continue
      }
      response.events.append(event)
      guard response.events.count == WarningLimits.eventsPerResponse else { continue }
      response.cursor = reader.cursor(at: sequence)
      try await responses.write(response)
      wasTold = true
      response.events.removeAll()
    }
    guard !response.events.isEmpty else { return wasTold }
    response.cursor = reader.cursor(at: chunk.last)
    try await responses.write(response)
    return true
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
