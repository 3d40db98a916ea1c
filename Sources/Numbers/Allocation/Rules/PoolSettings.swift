/// When a number that came back is handed out again.
enum ReusePolicy: Int32, Sendable {
  case afterQuarantine = 1
  case atOnce = 2
  case never = 3
}

/// Whether the numbers of a pool are held under leases.
enum LeaseMode: Int32, Sendable {
  case leased = 1
  case none = 2
}

/// What a user sets of a pool. Times are in µs.
struct PoolSettings: Sendable, Equatable {
  var template: String
  var timeZone = "UTC"
  var period = SerialPeriod.never
  var lowWatermark: Int64 = 1_000
  var highWatermark: Int64 = 10_000
  var generationBatch: Int64 = 1_000
  /// Nil: a number is handed out only in the period in which it was made.
  var maxAge: Int64?
  var reuse = ReusePolicy.afterQuarantine
  var quarantine: Int64 = 600 * Limits.second
  var leaseMode = LeaseMode.leased
  var minLease: Int64 = Limits.second
  var maxLease: Int64 = Limits.day
  var defaultLease: Int64 = 600 * Limits.second
  /// Live numbers that one owner may have; nil: as many as there are.
  var holderQuota: Int64?
  /// The first serial of each period.
  var startSerial: Int64 = 1
  /// Numbers show a keyed permutation of their serials.
  var unguessable = false
  /// How long events and ended numbers are kept.
  var historyRetention = Limits.defaultRetention

  init(template: String) {
    self.template = template
  }

  /// The first setting that is out of its range. Template and time zone are checked when they are
  /// parsed.
  var problem: Refusal? {
    // In this order, because each may rely on what was checked before it.
    check(.lowWatermark, lowWatermark, 0, Limits.watermark)
      ?? check(.highWatermark, highWatermark, lowWatermark, Limits.watermark)
      ?? check(.generationBatch, generationBatch, leastBatch, Limits.generationBatch)
      ?? check(
        .maxAge, maxAge ?? Limits.maxAgeMicroseconds, Limits.minAgeMicroseconds,
        Limits.maxAgeMicroseconds)
      ?? check(.quarantine, quarantine, 0, Limits.maxQuarantineMicroseconds)
      ?? check(
        .minLeaseTTL, minLease, Limits.minLeaseMicroseconds, Limits.maxLeaseMicroseconds)
      ?? check(.maxLeaseTTL, maxLease, minLease, Limits.maxLeaseMicroseconds)
      ?? check(.defaultLeaseTTL, defaultLease, minLease, maxLease)
      ?? check(.holderQuota, holderQuota ?? 0, 0, CapacityLimits.mostLiveNumbersPerPool)
      ?? check(
        .historyRetention, historyRetention, Limits.minRetention, Limits.maxRetention)
  }

  /// So large that the stock is at most `Limits.rangesPerPool` ranges.
  private var leastBatch: Int64 {
    max(1, (highWatermark + Limits.rangesPerPool - 1) / Limits.rangesPerPool)
  }

  private func check(
    _ field: PoolField, _ value: Int64, _ least: Int64, _ most: Int64
  ) -> Refusal? {
    value >= least && value <= most
      ? nil : .settingOutOfRange(field, least: least, most: most)
  }
}

/// The settings of a pool by the names of their fields in `Pool`.
enum PoolField: String, Sendable, CaseIterable {
  case template
  case timeZone = "time_zone"
  case serialPeriod = "serial_period"
  case lowWatermark = "low_watermark"
  case highWatermark = "high_watermark"
  case generationBatch = "generation_batch"
  case maxAge = "max_age"
  case reusePolicy = "reuse_policy"
  case quarantine
  case leaseMode = "lease_mode"
  case minLeaseTTL = "min_lease_ttl"
  case maxLeaseTTL = "max_lease_ttl"
  case defaultLeaseTTL = "default_lease_ttl"
  case holderQuota = "holder_quota"
  case startSerial = "start_serial"
  case unguessableSerials = "unguessable_serials"
  case historyRetention = "history_retention"
}

/// Whether `business` can name a pool: 1 to 64 ASCII letters, digits, '-', '_' or '.', first a
/// letter or digit.
package func isBusiness(_ business: String) -> Bool {
  let bytes = business.utf8
  guard let first = bytes.first, base36Value(first, foldingCase: true) != nil,
    bytes.count <= Limits.businessBytes
  else { return false }
  return bytes.allSatisfy { base36Value($0, foldingCase: true) != nil || "-_.".utf8.contains($0) }
}
