internal import API
internal import Messages

extension PoolSettings {
  /// Takes over `fields` of a message; those that it doesn't set get their defaults.
  mutating func take(_ fields: Set<PoolField>, from pool: API.Pool) throws(Refusal) {
    if fields.contains(.template) { template = pool.template }
    if fields.contains(.timeZone) { timeZone = pool.timeZone.isEmpty ? "UTC" : pool.timeZone }
    if fields.contains(.serialPeriod) { period = try Self.period(pool.serialPeriod) }
    if fields.contains(.reusePolicy) { reuse = try Self.reuse(pool.reusePolicy) }
    if fields.contains(.leaseMode) { leaseMode = try Self.leaseMode(pool.leaseMode) }
    if fields.contains(.maxAge) { maxAge = pool.maxAge?.microseconds }
    if fields.contains(.quarantine) {
      quarantine = pool.quarantine?.microseconds ?? 600 * Limits.second
    }
    if fields.contains(.holderQuota) { holderQuota = pool.holderQuota }
    if fields.contains(.startSerial) { startSerial = pool.startSerial ?? 1 }
    if fields.contains(.unguessableSerials) { unguessable = pool.unguessableSerials }
    if fields.contains(.historyRetention) {
      historyRetention = pool.historyRetention?.microseconds ?? Limits.defaultRetention
    }
    takeWatermarks(fields, from: pool)
    takeLeases(fields, from: pool)
  }

  private mutating func takeWatermarks(_ fields: Set<PoolField>, from pool: API.Pool) {
    if fields.contains(.highWatermark) {
      let low = fields.contains(.lowWatermark) ? pool.lowWatermark ?? 0 : lowWatermark
      highWatermark = pool.highWatermark ?? max(10_000, low)
    }
    if fields.contains(.lowWatermark) {
      lowWatermark = pool.lowWatermark ?? min(1_000, highWatermark)
    }
    if fields.contains(.generationBatch) {
      generationBatch =
        pool.generationBatch ?? max(1_000, highWatermark / Limits.rangesPerPool + 1)
    }
  }

  private mutating func takeLeases(_ fields: Set<PoolField>, from pool: API.Pool) {
    if fields.contains(.minLeaseTTL) {
      minLease = pool.minLeaseTTL?.microseconds ?? Limits.minLeaseMicroseconds
    }
    if fields.contains(.maxLeaseTTL) {
      maxLease = pool.maxLeaseTTL?.microseconds ?? max(Limits.day, minLease)
    }
    if fields.contains(.defaultLeaseTTL) {
      defaultLease =
        pool.defaultLeaseTTL?.microseconds ?? max(minLease, min(maxLease, 600 * Limits.second))
    }
  }

  private static func period(_ value: API.SerialPeriod) throws(Refusal) -> SerialPeriod {
    switch value {
    case .unspecified, .never: .never
    case .daily: .daily
    case .monthly: .monthly
    case .yearly: .yearly
    case .unrecognized: throw .settingUnknown(.serialPeriod)
    }
  }

  private static func reuse(_ value: API.ReusePolicy) throws(Refusal) -> ReusePolicy {
    switch value {
    case .unspecified, .afterQuarantine: .afterQuarantine
    case .atOnce: .atOnce
    case .never: .never
    case .unrecognized: throw .settingUnknown(.reusePolicy)
    }
  }

  private static func leaseMode(_ value: API.LeaseMode) throws(Refusal) -> LeaseMode {
    switch value {
    case .unspecified, .leased: .leased
    case .none: .none
    case .unrecognized: throw .settingUnknown(.leaseMode)
    }
  }
}

extension API.Pool {
  init(_ view: PoolView) {
    let settings = view.settings
    self.init(
      business: view.business, template: settings.template, timeZone: settings.timeZone,
      serialPeriod: API.SerialPeriod(rawValue: settings.period.rawValue),
      lowWatermark: settings.lowWatermark, highWatermark: settings.highWatermark,
      generationBatch: settings.generationBatch,
      maxAge: settings.maxAge.map { ProtoDuration(microseconds: $0) },
      reusePolicy: API.ReusePolicy(rawValue: settings.reuse.rawValue),
      quarantine: ProtoDuration(microseconds: settings.quarantine),
      leaseMode: API.LeaseMode(rawValue: settings.leaseMode.rawValue),
      minLeaseTTL: ProtoDuration(microseconds: settings.minLease),
      maxLeaseTTL: ProtoDuration(microseconds: settings.maxLease),
      defaultLeaseTTL: ProtoDuration(microseconds: settings.defaultLease),
      createTime: ProtoTimestamp(microseconds: view.created),
      updateTime: ProtoTimestamp(microseconds: view.updated), stock: PoolStock(view.stock),
      generationStops: view.stops.generation.causes.map { PoolStop($0) },
      businessStops: view.stops.business.causes.map { PoolStop($0) },
      runDryTime: view.runDry.map { ProtoTimestamp(microseconds: $0) },
      holderQuota: settings.holderQuota, startSerial: settings.startSerial,
      unguessableSerials: settings.unguessable,
      historyRetention: ProtoDuration(microseconds: settings.historyRetention))
  }
}

extension PoolStop {
  init(_ cause: StopCause) {
    self.init(
      source: cause.isOperator ? .operator : .warning, warning: cause.warning,
      reason: cause.reason, principal: cause.principal,
      stopTime: ProtoTimestamp(microseconds: cause.time))
  }
}

extension PoolStock {
  init(_ view: StockView) {
    self.init(
      remainingInPool: view.remainingInPool, remainingInPeriod: view.remainingInPeriod,
      live: view.live, quarantined: view.quarantined, period: view.period,
      serialsLow: view.isLow,
      generateTime: view.generated.map { ProtoTimestamp(microseconds: $0) })
  }
}
