@testable import Numbers

/// What a whole server must do: its pools, and the requests that it remembers.
struct HistoryModel {
  /// So low that a history meets them.
  static let limits = CapacityLimits(pools: 2, liveNumbersPerPool: 60, leasesPerPool: 25)

  struct Remembered {
    var body: Int
    var answer: String
  }

  let incarnation: UInt64
  var pools: [String: PoolModel] = [:]
  var requests: [String: Remembered] = [:]
  /// What a test makes different, to see that it is noticed.
  var tamper: @Sendable (inout PoolSettings) -> Void = { _ in }

  init(incarnation: UInt64) { self.incarnation = incarnation }

  /// Decides a call, as the server does.
  /// `key` is that of the server's last template of this pool.
  mutating func decide(
    _ command: HistoryCommand, _ now: Moment, key: SerialPermutation.Key?
  ) throws(Refusal) -> String {
    switch command {
    case .createPool(let business, let kind):
      guard pools[business] == nil else { throw .poolExists }
      guard pools.count < Self.limits.pools else {
        throw .poolsExhausted(limit: Self.limits.pools)
      }
      var settings = kind.settings
      tamper(&settings)
      pools[business] = try PoolModel(business, kind, settings, incarnation: incarnation, key: key)
      return "created"
    case .updatePool(let business, let kind, let change):
      return try decide(business) { pool throws(Refusal) in
        try pool.update(change, of: kind, key: key)
        return "updated"
      }
    case .allocate(let command):
      guard (1...Limits.numbersPerCall).contains(command.count) else { throw .countOutOfRange }
      return try decide(command.business) { pool throws(Refusal) in
        HistoryCommand.answer(try pool.allocate(command, now))
      }
    case .complete(let command):
      guard !command.items.isEmpty else { throw .numbersOutOfRange }
      return try decide(command.business) { pool throws(Refusal) in
        HistoryCommand.answer(try pool.complete(command, now))
      }
    case .imports(let command):
      guard !command.items.isEmpty else { throw .numbersOutOfRange }
      return try decide(command.business) { pool throws(Refusal) in
        HistoryCommand.answer(try pool.importNumbers(command, now))
      }
    case .release(let command):
      guard !command.items.isEmpty else { throw .numbersOutOfRange }
      return try decide(command.business) { pool throws(Refusal) in
        HistoryCommand.answer(try pool.release(command, now))
      }
    case .createLease(let business, let ttl, let caller):
      return try decide(business) { pool throws(Refusal) in
        HistoryCommand.answer(try pool.createLease(ttl: ttl, caller, now))
      }
    case .renew(let business, let id, let caller):
      return try decide(business) { pool throws(Refusal) in
        HistoryCommand.answer(try pool.renew(id, caller, now))
      }
    case .quota(let business, let holder, let limit):
      return try decide(business) { pool throws(Refusal) in
        pool.quotas[ExactText(holder)] = limit
        return HistoryCommand.answer(limit: limit, live: pool.held(by: holder))
      }
    case .stop(let business, let target, let warning):
      return try decide(business) { pool throws(Refusal) in
        HistoryCommand.answer(changed: pool.stop(target, warning, now))
      }
    case .resume(let business, let target, let warning, let all):
      return try decide(business) { pool throws(Refusal) in
        HistoryCommand.answer(changed: pool.resume(target, warning, all: all))
      }
    case .inVain: return "never"
    }
  }

  private mutating func decide(
    _ business: String, _ body: (inout PoolModel) throws(Refusal) -> String
  ) throws(Refusal) -> String {
    guard var pool = pools[business] else { throw .poolNotFound }
    let answer = try body(&pool)
    pools[business] = pool
    return answer
  }

  /// What a server doesn't keep when it ends.
  mutating func restarted() {
    for business in pools.keys { pools[business]?.lowTold = nil }
  }
}
