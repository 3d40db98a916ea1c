@testable import Numbers

/// A call of a history, with what it names looked up.
enum HistoryCommand: Sendable {
  case createPool(String, HistoryPool)
  case updatePool(String, HistoryPool, HistoryChange)
  case allocate(AllocateCommand)
  case complete(CompleteCommand)
  case imports(ImportCommand)
  case release(ReleaseCommand)
  case createLease(String, ttl: Int64?, Caller)
  case renew(String, lease: Int64, Caller)
  case quota(String, holder: String, limit: Int64?)
  case stop(String, PoolSwitch, warning: String)
  case resume(String, PoolSwitch, warning: String, all: Bool)
  case inVain(AllocateCommand)

  var business: String {
    switch self {
    case .createPool(let business, _), .updatePool(let business, _, _): business
    case .createLease(let business, _, _), .renew(let business, _, _): business
    case .quota(let business, _, _): business
    case .stop(let business, _, _), .resume(let business, _, _, _): business
    case .allocate(let command), .inVain(let command): command.business
    case .complete(let command): command.business
    case .imports(let command): command.business
    case .release(let command): command.business
    }
  }

  var method: String {
    switch self {
    case .createPool: "CreatePool"
    case .updatePool: "UpdatePool"
    case .allocate: "Allocate"
    case .complete: "Complete"
    case .imports: "ImportNumbers"
    case .release: "Release"
    case .createLease: "CreateLease"
    case .renew: "Renew"
    case .quota: "SetHolderQuota"
    case .stop: "Stop"
    case .resume: "Resume"
    case .inVain: "InVain"
    }
  }

  /// Lets the book decide.
  func decide(_ book: Book, _ now: Moment, _ rows: StoredRows) throws(Refusal) -> String {
    switch self {
    case .createPool(let business, let kind):
      _ = try book.createPool(business, kind.settings, zone: .utc, at: now, rows: rows)
      return "created"
    case .updatePool(let business, let kind, let change):
      _ = try book.updatePool(business, zone: .utc, at: now, rows: rows) {
        change.apply(to: &$0, of: kind)
      }
      return "updated"
    case .allocate(let command):
      return Self.answer(GivenNumbers(try book.allocate(command, at: now, rows: rows)))
    case .complete(let command):
      return Self.answer(try book.complete(command, at: now, rows: rows))
    case .imports(let command):
      return Self.answer(try book.importNumbers(command, at: now, rows: rows))
    case .release(let command):
      return Self.answer(try book.release(command, at: now, rows: rows))
    case .createLease(let business, let ttl, let caller):
      return Self.answer(
        try book.createLease(business, ttl: ttl, caller: caller, at: now, rows: rows))
    case .renew(let business, let lease, let caller):
      return Self.answer(
        try book.renew(business, lease: lease, caller: caller, at: now, rows: rows))
    case .quota(let business, let holder, let limit):
      let quota = try book.setQuota(business, .holder(holder), limit: limit, at: now, rows: rows)
      return Self.answer(limit: quota.limit, live: quota.live)
    case .stop(let business, let target, let warning):
      return try Self.stop(business, target, warning, book, now, rows)
    case .resume(let business, let target, let warning, let all):
      return try Self.resume(business, target, warning, all, book, now, rows)
    case .inVain(let command):
      _ = try book.allocate(command, at: now, rows: rows)
      _ = try? book.createPool(
        "vain", HistoryPool.counting.settings, zone: .utc, at: now, rows: rows)
      return "in vain"
    }
  }

  private static func stop(
    _ business: String, _ target: PoolSwitch, _ warning: String, _ book: Book, _ now: Moment,
    _ rows: StoredRows
  ) throws(Refusal) -> String {
    guard !warning.isEmpty else {
      let command = StopCommand(
        business: business, target: target, principal: "", reason: "because")
      return answer(changed: try book.stop(command, at: now, rows: rows).changed)
    }
    let pool = try book.pool(of: business)
    let cause = StopCause(warning: warning, principal: "", reason: "because", time: now.wall)
    return answer(changed: book.stop(target, of: pool, cause, rows: rows))
  }

  private static func resume(
    _ business: String, _ target: PoolSwitch, _ warning: String, _ all: Bool, _ book: Book,
    _ now: Moment, _ rows: StoredRows
  ) throws(Refusal) -> String {
    guard !warning.isEmpty else {
      let command = StopCommand(
        business: business, target: target, principal: "", reason: "because")
      let done = try book.resume(command, liftWarnings: all, at: now, rows: rows)
      return answer(changed: done.changed)
    }
    let pool = try book.pool(of: business)
    return answer(changed: book.resume(target, of: pool, warning: warning, at: now, rows: rows))
  }

  // MARK: - Answers as texts, for comparing and for keeping

  static func answer(_ allocation: GivenNumbers) -> String {
    var text = "lease \(allocation.lease)"
    if let time = allocation.expireTime { text += " till \(time)" }
    if let low = allocation.low { text += ", \(low.period) has \(low.remaining) left" }
    for given in allocation.numbers { text += ", \(given.number) as \(given.generation)" }
    return text
  }

  static func answer(_ times: [Int64]) -> String { "completed at \(times)" }

  static func answer(_ imported: [ImportedNumber]) -> String {
    imported.map { "lease \($0.lease) till \($0.expireTime ?? 0)" }.joined(separator: ", ")
  }

  static func answer(_ released: [Released]) -> String {
    released.map { "back at \($0.time)\($0.isReusable ? "" : " for good")" }.joined(separator: ", ")
  }

  static func answer(_ lease: LeaseView) -> String {
    "lease \(lease.id) of \(lease.caller.holder) till \(lease.expireTime), ttl \(lease.ttl), "
      + "\(lease.count) numbers"
  }

  static func answer(limit: Int64?, live: Int64) -> String {
    "\(live) of \(limit.map { "\($0)" } ?? "any number")"
  }

  static func answer(changed: Bool) -> String { changed ? "changed" : "as before" }
}
