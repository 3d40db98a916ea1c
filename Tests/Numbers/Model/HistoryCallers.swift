import Store

@testable import Numbers

/// A call as it was sent.
struct IssuedCall: Sendable {
  var command: HistoryCommand
  var key: RequestKey
  /// What makes two requests with one id differ.
  var body: Int

  var name: String { "\(key.business) \(key.method) \(key.requestID)" }
}

/// The callers of a history, who know what they were given and what they asked.
struct HistoryCallers {
  static let businesses = ["shop", "depot"]

  let incarnation: UInt64
  private var issued: [IssuedCall] = []
  private var bodies = 0

  init(incarnation: UInt64) { self.incarnation = incarnation }

  /// Makes calls of a history's, all from what is known before the first.
  mutating func issue(_ calls: [HistoryCall], _ model: HistoryModel) -> [IssuedCall] {
    calls.map { call in
      let earlier = issued
      func back(_ count: Int) -> IssuedCall? {
        earlier.isEmpty ? nil : earlier[earlier.count - 1 - count % earlier.count]
      }
      if case .repeated(let count) = call.request, let again = back(count) { return again }
      bodies += 1
      var id = ""
      switch call.request {
      case .none: break
      case .stolen(let count): id = back(count)?.key.requestID ?? "r\(bodies)"
      case .new, .repeated: id = "r\(bodies)"
      }
      let new = issued(command(call, model), id: id)
      if !id.isEmpty { issued.append(new) }
      return new
    }
  }

  private func issued(_ command: HistoryCommand, id: String) -> IssuedCall {
    IssuedCall(
      command: command,
      key: RequestKey(
        caller: "test", business: command.business, method: command.method, requestID: id,
        bodyHash: withUnsafeBytes(of: bodies) { Array($0) }),
      body: bodies)
  }

  private func command(_ call: HistoryCall, _ model: HistoryModel) -> HistoryCommand {
    let business = Self.businesses[call.of % Self.businesses.count]
    let pool = model.pools[business]
    switch call.what {
    case .createPool(let kind): return .createPool(business, kind)
    case .updatePool(let change):
      return .updatePool(business, pool?.kind ?? .counting, change)
    case .allocate(let count, let holder, let lease):
      return .allocate(allocate(business, count, Self.caller(holder), lease, pool))
    case .quota(let holder, let limit):
      return .quota(business, holder: Self.caller(holder).holder, limit: limit)
    case .stop(let target, let warning):
      return .stop(business, target.of, warning: warning.map { "w\($0)" } ?? "")
    case .resume(let target, let warning):
      return .resume(business, target.of, warning: warning.map { "w\($0)" } ?? "", all: false)
    case .resumeAll(let target): return .resume(business, target.of, warning: "", all: true)
    case .inVain(let count):
      return .inVain(AllocateCommand(business: business, count: count, caller: Self.caller(0)))
    case .complete(let numbers, let fen):
      let (items, caller) = tokens(numbers, pool)
      let amount = fen.map { CompleteCommand.Amount(currency: "CNY", minor: $0) }
      return .complete(
        CompleteCommand(
          business: business, caller: caller,
          items: items.map { .init(number: $0.number, token: $0.token, amount: amount) }))
    case .imports(let items, let seconds):
      var command = ImportCommand(
        business: business, lease: seconds.map { .ttl($0 * Limits.second) } ?? .poolDefault,
        items: [])
      command.items = items.map { item($0, pool) }
      return .imports(command)
    case .release(let numbers):
      let (items, caller) = tokens(numbers, pool)
      return .release(
        ReleaseCommand(business: business, caller: caller, items: items, reason: "because"))
    case .createLease(let seconds, let holder):
      return .createLease(business, ttl: seconds.map { $0 * Limits.second }, Self.caller(holder))
    case .renew(let back, let byOther):
      let (id, caller) = lease(back, pool)
      return .renew(business, lease: id, byOther ? Self.caller(9) : caller)
    }
  }

  /// Unicode takes the last two for the same.
  static func caller(_ holder: Int) -> Caller {
    Caller(principal: "", holder: holder == 0 ? "h0" : holder == 1 ? "h\u{e9}" : "he\u{301}")
  }

  private func allocate(
    _ business: String, _ count: Int, _ caller: Caller, _ lease: HistoryLease, _ pool: PoolModel?
  ) -> AllocateCommand {
    var command = AllocateCommand(business: business, count: count, caller: caller)
    switch lease {
    case .usual: break
    case .ttl(let seconds): command.lease = .ttl(seconds * Limits.second)
    case .existing(let back):
      let (id, owner) = self.lease(back, pool)
      command.lease = .existing(id)
      command.caller = owner
    }
    return command
  }

  private func item(_ item: HistoryImport, _ pool: PoolModel?) -> ImportCommand.Item {
    var end: ImportCommand.Completion?
    if case .completed(let fen) = item.end {
      end = .init(amount: fen.map { CompleteCommand.Amount(currency: "CNY", minor: $0) })
    }
    return ImportCommand.Item(
      number: pool.map { foreign(item, $0) } ?? "?", caller: Self.caller(item.holder), end: end)
  }

  /// A number as another system would have made it by a template of the pool's.
  private func foreign(_ item: HistoryImport, _ pool: PoolModel) -> String {
    let edition = pool.forms.count - 1 - item.template % pool.forms.count
    let (form, moment) = (pool.forms[edition], max(0, pool.lastGenerated))
    var key = NumberKey(
      pool: 0, edition: Int32(edition), period: form.period(at: moment), serial: 0)
    switch item.serial {
    case .ahead(let ahead): key.serial = pool.last(of: key) + ahead
    case .passed(let back):
      let passed = pool.skipped.filter { pool.series($0) == key }.map(\.serial).sorted(by: >)
      key.serial = passed.isEmpty ? pool.last(of: key) : passed[back % passed.count]
    }
    key.serial = min(max(1, key.serial), form.lastSerial)
    return pool.written(key, at: moment)
  }

  /// The newest leases first; the one after all that there are was never made.
  private func lease(_ back: Int, _ pool: PoolModel?) -> (Int64, Caller) {
    let ids = (pool?.leases.keys.sorted(by: >) ?? []) + [pool?.nextLease ?? 1]
    let id = ids[back % ids.count]
    return (id, pool?.leases[id]?.caller ?? Self.caller(0))
  }

  /// What callers have in hand of these numbers, and who the first was given to.
  private func tokens(
    _ numbers: [HistoryNumber], _ pool: PoolModel?
  ) -> (items: [ReleaseCommand.Item], caller: Caller) {
    guard let pool, !pool.given.isEmpty else { return ([], Self.caller(0)) }
    var caller: Caller?
    let items = numbers.map { wanted in
      let given = pool.given[pool.given.count - 1 - wanted.back % pool.given.count]
      if caller == nil { caller = wanted.mistake == .otherHolder ? Self.caller(9) : given.caller }
      var item = ReleaseCommand.Item(
        number: given.number,
        token: TokenValue(incarnation: incarnation, generation: UInt64(given.generation)))
      switch wanted.mistake {
      case .none, .otherHolder: break
      case .otherStore: item.token?.incarnation &+= 1
      case .noToken: item.token = nil
      case .neverGiven: item.number = pool.stock.last.map { pool.text($0) } ?? item.number
      }
      return item
    }
    return (items, caller ?? Self.caller(0))
  }
}

extension HistoryCall.Switch {
  fileprivate var of: PoolSwitch { self == .generation ? .generation : .business }
}
