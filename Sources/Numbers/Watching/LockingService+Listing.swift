public import API
internal import Calls
internal import Messages
public import RPC
internal import Store

extension LockingService {
  /// A page of marks.
  public func listLocks(
    _ request: ListLocksRequest, context: ServerContext
  ) async throws(RPCError) -> ListLocksResponse {
    let store = calls.store
    let listing: LockListing
    let token: ListToken?
    let fingerprint: UInt64
    do throws(Refusal) {
      listing = try LockListing(request, incarnation: store.incarnation)
      fingerprint = listing.fingerprint
      let text = request.pageToken
      token = text.isEmpty ? nil : try ListToken(text, fingerprint: fingerprint)
    } catch {
      throw error.error(in: .read)
    }
    let page = try await read(listing, after: token?.position, context)
    let feed = NumberFeed.key(of: request.business)
    let snapshot = token?.snapshot ?? page.snapshot
    return ListLocksResponse(
      locks: page.locks,
      nextPageToken: page.next.map {
        ListToken($0, snapshot: snapshot, fingerprint: fingerprint).text
      } ?? "",
      cursor: store.cursor(of: feed, at: snapshot))
  }

  private func read(
    _ listing: LockListing, after position: ListPosition?, _ context: ServerContext
  ) async throws(RPCError) -> LockListing.Page {
    let principal = try context.principal
    // A template that the pool gets between the two is there at the second try.
    for _ in 0..<2 {
      let pool = try await calls.ask(context, .read) { (book, now, _) throws(Refusal) in
        let pool = try book.pool(of: listing.business)
        return LockListing.Pool(id: pool.id, forms: pool.editions.map(\.form), now: now)
      }
      let page: LockListing.Page
      do throws(StoreError) {
        page = try await calls.store.read(caller: principal) {
          (connection) throws(StoreError) in
          try listing.read(pool, after: position, connection)
        }
      } catch {
        throw error.rpcError
      }
      if !page.isFormMissing { return page }
    }
    throw StoreError.corrupt("a number's template is missing").rpcError
  }
}

extension LockListing {
  fileprivate init(_ request: ListLocksRequest, incarnation: UInt64) throws(Refusal) {
    business = request.business
    self.incarnation = incarnation
    filter = try LockFilter(holder: request.holder, states: request.states.map { MarkState($0) })
    expireBefore = try request.expireBefore.map { (time) throws(Refusal) in
      guard let microseconds = time.checkedMicroseconds else { throw .expireBeforeInvalid }
      return microseconds
    }
    pageSize = request.pageSize == 0 ? Limits.defaultPageSize : Int(request.pageSize)
    guard (1...Limits.pageSize).contains(pageSize) else { throw .pageSizeOutOfRange }
  }

  /// What a token of this list has, and one of another hasn't.
  fileprivate var fingerprint: UInt64 {
    var fingerprint = ListFingerprint()
    fingerprint.add(Int64(bitPattern: incarnation))
    fingerprint.add(business)
    fingerprint.add(filter.holder)
    for state in MarkState.allCases { fingerprint.add(filter.states.contains(state) ? 1 : 0) }
    fingerprint.add(expireBefore ?? .min)
    return fingerprint.value
  }
}

extension ProtoTimestamp {
  /// In whole µs; nil for what `google/protobuf/timestamp.proto` doesn't allow: before the year 1, after the
  /// year 9999, or a second or more of nanoseconds.
  package var checkedMicroseconds: Int64? {
    guard (-62_135_596_800...253_402_300_799).contains(seconds),
      (0..<1_000_000_000).contains(nanos)
    else { return nil }
    return seconds * 1_000_000 + Int64(nanos) / 1_000
  }
}
