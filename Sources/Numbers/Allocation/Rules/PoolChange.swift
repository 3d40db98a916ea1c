/// A change of a pool by an operator or a warning, as it is kept for whoever asks who did what.
struct PoolChange: Sendable, Equatable {
  /// The raw values are stored, and are those of the message.
  enum Kind: Int32, Sendable, CaseIterable {
    case created = 1
    case updated = 2
    case generationStopped = 3
    case generationResumed = 4
    case businessStopped = 5
    case businessResumed = 6
    case quotaSet = 7
    case numbersImported = 8
  }

  /// Counts the changes of its pool, from 1.
  var sequence: Int64 = 0
  var kind: Kind
  /// Wall clock, µs.
  var time: Int64
  /// Who did it, if that was an authenticated caller.
  var principal = ""
  /// The warning that did it; empty where it was a caller.
  var warning = ""
  var detail = ""
  var reason = ""
}

extension PoolChange.Kind {
  static func stopped(_ target: PoolSwitch) -> Self {
    target == .generation ? .generationStopped : .businessStopped
  }

  static func resumed(_ target: PoolSwitch) -> Self {
    target == .generation ? .generationResumed : .businessResumed
  }
}

extension Book {
  /// Keeps a change of a pool, and forgets the one that is kept no longer.
  func note(_ change: PoolChange, of pool: Pool, rows: any NumberRows) {
    var change = change
    change.sequence = pool.nextChange
    undoLog.append(.other { pool.nextChange = change.sequence })
    pool.nextChange += 1
    rows.insertChange(change, pool: pool.id)
    let oldest = change.sequence - Limits.changesPerPool
    if oldest > 0 { rows.deleteChange(oldest, pool: pool.id) }
  }

  /// Up to `count` changes before one, the newest first, and whether there are more.
  func changes(
    of business: String, before sequence: Int64, count: Int, rows: any NumberRows
  ) throws(Refusal) -> (changes: [PoolChange], more: Bool) {
    let pool = try pool(of: business)
    let found = rows.changes(of: pool.id, before: sequence, count: count + 1)
    return (Array(found.prefix(count)), found.count > count)
  }
}

extension PoolSettings {
  /// The settings that differ, by the names of their fields.
  func differences(from other: PoolSettings) -> [PoolField] {
    PoolField.allCases.filter { field in
      switch field {
      case .template: template != other.template
      case .timeZone: timeZone != other.timeZone
      case .serialPeriod: period != other.period
      case .lowWatermark: lowWatermark != other.lowWatermark
      case .highWatermark: highWatermark != other.highWatermark
      case .generationBatch: generationBatch != other.generationBatch
      case .maxAge: maxAge != other.maxAge
      case .reusePolicy: reuse != other.reuse
      case .quarantine: quarantine != other.quarantine
      case .leaseMode: leaseMode != other.leaseMode
      case .minLeaseTTL: minLease != other.minLease
      case .maxLeaseTTL: maxLease != other.maxLease
      case .defaultLeaseTTL: defaultLease != other.defaultLease
      case .holderQuota: holderQuota != other.holderQuota
      case .startSerial: startSerial != other.startSerial
      case .unguessableSerials: unguessable != other.unguessable
      case .historyRetention: historyRetention != other.historyRetention
      }
    }
  }
}
