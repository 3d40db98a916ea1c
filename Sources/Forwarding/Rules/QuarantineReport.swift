/// When the warnings hear how many orders are quarantined, or wait for goods, as each time costs rows:
///
///     told before    now    heard
///     never          0      never
///     never          some   at once
///     the same              never
///     0              some   at once
///     some           0      at once
///     some           others a second after the last time
enum QuarantineReport {
  /// µs.
  static let every: Int64 = 1_000_000

  /// When `count` is to be told, on the clock of `told`; nil: it needn't be. It may be in the past.
  static func due(count: Int, told: (count: Int, heard: Int64)?) -> Int64? {
    guard let told else { return count == 0 ? nil : .min }
    guard count != told.count else { return nil }
    return count == 0 || told.count == 0 ? .min : told.heard + every
  }
}
