public import RPC
public import Store

extension StoreCalls {
  /// Sends a feed's events to a client until the call ends; that is always by an error.
  public func watch<Feed: WatchedFeed>(
    _ key: FeedKey, from start: FeedStart, as feed: Feed, _ settings: WatchSettings,
    _ responses: ResponseWriter<Feed.Response>, _ context: ServerContext
  ) async throws(RPCError) {
    let reader = try await follow(key, from: start, context)
    var watch = FeedWatch(feed, reader, of: store, settings, responses, context)
    try await watch.run()
  }

  /// A reader that counts as a watch of the call's connection.
  private func follow(
    _ key: FeedKey, from start: FeedStart, _ context: ServerContext
  ) async throws(RPCError) -> FeedReader {
    do throws(FeedError) {
      return try store.follow(key, from: start, by: context.peer)
    } catch {
      guard case .cursor(.ahead) = error else { throw error.rpcError() }
    }
    // The cursor of a list may be of what is durable and not told to feeds yet. What the writer has
    // committed before it answers, it has told.
    try await ask(context) { _ in .took(()) }
    do throws(FeedError) { return try store.follow(key, from: start, by: context.peer) } catch {
      throw error.rpcError()
    }
  }
}

extension FeedStart {
  /// After a cursor; without one now, or with the oldest event that is kept.
  public init(cursor: String, fromOldest: Bool) throws(WatchRefusal) {
    guard cursor.isEmpty || !fromOldest else { throw .startAmbiguous }
    self = cursor.isEmpty ? (fromOldest ? .oldest : .now) : .cursor(cursor)
  }
}
