/// A quota as it is shown.
struct QuotaView: Sendable, Equatable {
  var owner: Caller
  /// Nil: the pool's setting counts.
  var limit: Int64?
  /// What it holds now.
  var live: Int64
}

/// Whose quota a call means.
enum QuotaSubject: Sendable, Equatable {
  case holder(String)
  case principal(String)
}

extension Book {
  /// Whether a caller may have `count` more live numbers.
  func checkQuota(_ count: Int, of caller: Caller, in pool: Pool) throws(Refusal) {
    guard let limit = pool.quotas[caller.owner]?.limit ?? pool.settings.holderQuota else { return }
    let live = live(of: caller, in: pool)
    guard live + Int64(count) <= limit else {
      throw .holderQuotaExceeded(limit: limit, live: live)
    }
  }

  private func live(of caller: Caller, in pool: Pool) -> Int64 {
    callers.owner(of: caller).flatMap { pool.held[$0] } ?? 0
  }

  /// Sets the quota of a holder, or takes it back (nil).
  func setQuota(
    _ business: String, _ subject: QuotaSubject?, limit: Int64?, by principal: String = "",
    at now: Moment, rows: any NumberRows
  ) throws(Refusal) -> QuotaView {
    let pool = try pool(of: business)
    let owner = try owner(subject)
    if let limit {
      guard (0...CapacityLimits.mostLiveNumbersPerPool).contains(limit) else {
        throw .quotaOutOfRange
      }
      guard pool.quotas[owner] != nil || pool.quotas.entries.count < Limits.quotasPerPool else {
        throw .quotasExhausted
      }
    }
    let before = pool.quotas[owner]
    undoLog.append(.other { pool.quotas.set(owner, limit: before?.limit) })
    pool.quotas.set(owner, limit: limit)
    if let limit {
      rows.putQuota(QuotaTable.Quota(owner: owner, limit: limit), pool: pool.id)
    } else if before != nil {
      rows.deleteQuota(of: owner, pool: pool.id)
    }
    if limit != before?.limit {
      let whose = owner.principal.isEmpty ? "holder \(owner.holder)" : owner.principal
      note(
        PoolChange(
          kind: .quotaSet, time: now.wall, principal: principal,
          detail: "\(whose): " + (limit.map { "\($0)" } ?? "none of its own")),
        of: pool, rows: rows)
    }
    return QuotaView(owner: owner, limit: limit, live: live(of: owner, in: pool))
  }

  private func owner(_ subject: QuotaSubject?) throws(Refusal) -> Caller {
    switch subject {
    case nil: throw .quotaSubjectMissing
    case .holder(let holder):
      guard (1...Limits.holderBytes).contains(holder.utf8.count) else { throw .quotaHolderInvalid }
      return Caller(principal: "", holder: holder)
    case .principal(let principal):
      guard (1...Limits.principalBytes).contains(principal.utf8.count) else {
        throw .quotaPrincipalInvalid
      }
      return Caller(principal: principal, holder: "")
    }
  }

  /// Up to `count` quotas behind an owner, and whether there are more.
  func quotas(
    of business: String, after owner: Caller?, count: Int
  ) throws(Refusal) -> (quotas: [QuotaView], more: Bool) {
    let pool = try pool(of: business)
    let (quotas, more) = pool.quotas.page(after: owner, count: count)
    let views = quotas.map { quota in
      QuotaView(
        owner: quota.owner, limit: quota.limit, live: live(of: quota.owner, in: pool))
    }
    return (views, more)
  }
}
