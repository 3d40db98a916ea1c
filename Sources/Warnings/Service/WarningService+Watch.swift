public import API
internal import Calls
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
    do throws(WarningRefusal) {
      filter = try WarningFilter(
        business: request.business, kinds: request.kinds, least: request.leastSeverity)
    } catch {
      throw error.rpcError
    }
    let settings: WatchSettings
    do throws(WatchRefusal) {
      settings = try WatchSettings(
        progressInterval: request.progressInterval?.microseconds,
        updatesPerSecond: request.maxUpdatesPerSecond)
    } catch {
      throw error.rpcError()
    }
    try await calls.stored.watch(
      WarningFeeds.warnings, from: request.cursor.map { .cursor($0) } ?? .now,
      as: WarningFeed(filter: filter), settings, responses, context)
  }
}
