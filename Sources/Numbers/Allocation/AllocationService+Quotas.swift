public import API
internal import Calls
internal import Messages
public import RPC

// How much single holders may have.
extension AllocationService {
  /// Sets the quota of a holder, or takes it back.
  public func setQuota(
    _ request: SetQuotaRequest, context: ServerContext
  ) async throws(RPCError) -> SetQuotaResponse {
    let subject = QuotaSubject(request.quota?.subject)
    let principal = try context.principal
    return try await calls.change(
      StoreCalls.Change(request, "SetQuota", of: request.business, context, rows: 1), .read
    ) { (book, now, rows) throws(Refusal) in
      let view = try book.setQuota(
        request.business, subject, limit: request.quota?.limit, by: principal, at: now,
        rows: rows)
      return SetQuotaResponse(quota: Quota(view), repeatable: request.isRepeatable)
    }
  }

  /// A page of the quotas of a pool. A page's token names the last quota on it.
  public func listQuotas(
    _ request: ListQuotasRequest, context: ServerContext
  ) async throws(RPCError) -> ListQuotasResponse {
    let size = request.pageSize == 0 ? Limits.defaultPageSize : Int(request.pageSize)
    let page = try await calls.ask(context, .read) { (book, _, _) throws(Refusal) in
      guard (1...Limits.pageSize).contains(size) else { throw .pageSizeOutOfRange }
      let last = try Self.owner(named: request.pageToken)
      return try book.quotas(of: request.business, after: last, count: size)
    }
    return ListQuotasResponse(
      quotas: page.quotas.map { Quota($0) },
      nextPageToken: page.more ? page.quotas.last.map { Self.token(of: $0.owner) } ?? "" : "")
  }

  // A token is "h" or "p" and the name.

  private static func token(of owner: Caller) -> String {
    owner.principal.isEmpty ? "h" + owner.holder : "p" + owner.principal
  }

  private static func owner(named token: String) throws(Refusal) -> Caller? {
    if token.isEmpty { return nil }
    // By scalars, for a name may begin with a mark that joins the letter before it.
    let name = String(token.unicodeScalars.dropFirst())
    switch token.unicodeScalars.first {
    case "h": return Caller(principal: "", holder: name)
    case "p": return Caller(principal: name, holder: "")
    default: throw .pageTokenInvalid
    }
  }
}

extension QuotaSubject {
  init?(_ subject: Quota.Subject?) {
    switch subject {
    case nil: return nil
    case .holder(let holder): self = .holder(holder)
    case .principal(let principal): self = .principal(principal)
    }
  }
}

extension Quota {
  init(_ view: QuotaView) {
    self.init(limit: view.limit, live: view.live)
    subject =
      view.owner.principal.isEmpty ? .holder(view.owner.holder) : .principal(view.owner.principal)
  }
}
