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
    do throws(Refusal) {
      filter = try LockFilter(
        holder: request.holder, states: request.states.map { MarkState($0) })
    } catch {
      throw error.error(in: .read)
    }
    let start: FeedStart
    let settings: WatchSettings
    do throws(WatchRefusal) {
      start = try FeedStart(cursor: request.cursor, fromOldest: request.fromOldest)
      settings = try WatchSettings(
        progressInterval: request.progressInterval?.microseconds,
        updatesPerSecond: request.maxUpdatesPerSecond)
    } catch {
      throw error.rpcError()
    }
    let business = request.business
    let forms = { @Sendable [calls] () async throws(RPCError) in
      try await calls.ask(context, .read) { (book, _, _) throws(Refusal) in
        try book.forms(of: business)
      }
    }
    let feed = LockFeed(
      business: business, incarnation: calls.store.incarnation, filter: filter,
      forms: try await forms(), newForms: forms)
    try await calls.stored.watch(
      NumberFeed.key(of: business), from: start, as: feed, settings, responses, context)
  }
}
