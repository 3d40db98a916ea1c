public import API
internal import Calls
internal import Messages
public import RPC
internal import Store

extension AllocationService {
  /// A page of the changes of a pool. A page's token is the sequence of the last change on it.
  public func listPoolChanges(
    _ request: ListPoolChangesRequest, context: ServerContext
  ) async throws(RPCError) -> ListPoolChangesResponse {
    let size = request.pageSize == 0 ? Limits.defaultPageSize : Int(request.pageSize)
    typealias Page = (changes: [Numbers.PoolChange], more: Bool)
    let page: Result<Page, StoreError> = try await calls.ask(context, .read) {
      (book, _, rows) throws(Refusal) in
      guard (1...Limits.pageSize).contains(size) else { throw .pageSizeOutOfRange }
      var before = Int64.max
      if !request.pageToken.isEmpty {
        guard let last = Int64(request.pageToken), last > 0 else { throw .pageTokenInvalid }
        before = last
      }
      let page = try book.changes(of: request.business, before: before, count: size, rows: rows)
      if let failure = rows.failure { return .failure(failure) }
      return .success(page)
    }
    switch page {
    case .success(let page):
      return ListPoolChangesResponse(
        changes: page.changes.map { API.PoolChange($0) },
        nextPageToken: page.more ? page.changes.last.map { "\($0.sequence)" } ?? "" : "")
    case .failure(let error): throw error.rpcError
    }
  }
}

extension API.PoolChange {
  init(_ change: Numbers.PoolChange) {
    self.init(
      sequence: change.sequence, kind: PoolChangeKind(rawValue: change.kind.rawValue),
      time: ProtoTimestamp(microseconds: change.time), principal: change.principal,
      warning: change.warning, detail: change.detail, reason: change.reason)
  }
}
