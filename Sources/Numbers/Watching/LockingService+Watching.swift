public import API
internal import Calls
internal import Messages
public import RPC
internal import Store

extension LockingService {
  /// Sends the events of a business's numbers.
  public func watchLocks(
    _ request: WatchLocksRequest, responses: ResponseWriter<WatchLocksResponse>,
    context: ServerContext
  ) async throws(RPCError) {
    let filter: LockFilter
    let settings: WatchSettings
    do throws(Refusal) {
      guard request.cursor.isEmpty || !request.fromOldest else { throw .watchStartAmbiguous }
      filter = try LockFilter(
        holder: request.holder, states: request.states.map { MarkState($0) })
      settings = try WatchSettings(
        progressInterval: request.progressInterval?.microseconds,
        updatesPerSecond: request.maxUpdatesPerSecond)
    } catch {
      throw error.error(in: .read)
    }
    let business = request.business
    let connection = try watches.enter(context)
    defer { watches.leave(connection) }
    let forms = try await calls.ask(context, .read) { (book, _, _) throws(Refusal) in
      try book.forms(of: business)
    }
    let feed = NumberFeed.key(of: business)
    let reader: FeedReader
    do throws(FeedError) {
      reader = try calls.store.follow(feed, from: request.start)
    } catch {
      throw error.rpcError()
    }
    let encoding = LockEventEncoding(
      business: business, incarnation: calls.store.incarnation,
      cursor: { [store = calls.store] in store.cursor(of: feed, at: $0) })
    var watch = LockWatch(
      calls, reader, encoding, filter, settings, responses, context, forms: forms)
    try await watch.run()
  }
}

extension WatchLocksRequest {
  fileprivate var start: FeedStart {
    if !cursor.isEmpty { return .cursor(cursor) }
    return fromOldest ? .oldest : .now
  }
}
