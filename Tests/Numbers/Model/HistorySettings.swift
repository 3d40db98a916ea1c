@testable import Numbers

extension HistoryPool {
  var settings: PoolSettings {
    var settings = PoolSettings(template: HistoryChange.template(0, of: self))
    settings.quarantine = 30 * Limits.second
    settings.lowWatermark = 4
    settings.highWatermark = 15
    settings.generationBatch = 6
    settings.defaultLease = 60 * Limits.second
    switch self {
    case .counting, .tight: break
    case .daily: settings.period = .daily
    case .started: settings.startSerial = 9_950
    case .aged:
      settings.period = .daily
      settings.maxAge = 50 * Limits.second
    case .printed: settings.reuse = .never
    case .atOnce: settings.reuse = .atOnce
    case .permuted:
      settings.period = .daily
      settings.unguessable = true
    case .unleased: settings.leaseMode = .none
    }
    return settings
  }
}

extension HistoryChange {
  /// The template that a pool has after so many changes: no two can make the same number.
  static func template(_ place: Int, of pool: HistoryPool) -> String {
    let letter = String(Unicode.Scalar(UInt8(ascii: "N") - UInt8(place % 13)))
    return switch pool {
    case .tight: letter + "{serial:2}"
    case .daily, .permuted: letter + "{timestamp:yyyyMMddHHmmss}-{serial:4}"
    case .aged: letter + "{timestamp:yyyyMMdd}{serial:4}"
    default: letter + "{serial:4}{check:37,36}"
    }
  }

  func apply(to settings: inout PoolSettings, of pool: HistoryPool) {
    switch self {
    case .template(let place): settings.template = Self.template(place, of: pool)
    case .quarantine(let seconds): settings.quarantine = seconds * Limits.second
    case .reuse(let policy): settings.reuse = ReusePolicy(rawValue: policy) ?? .never
    case .maxAge(let seconds): settings.maxAge = seconds.map { $0 * Limits.second }
    case .watermarks(let low, let high):
      settings.lowWatermark = low
      settings.highWatermark = high
    case .leases(let mode): settings.leaseMode = LeaseMode(rawValue: mode) ?? .leased
    case .quota(let limit): settings.holderQuota = limit
    case .defaultLease(let seconds): settings.defaultLease = seconds * Limits.second
    }
  }
}
