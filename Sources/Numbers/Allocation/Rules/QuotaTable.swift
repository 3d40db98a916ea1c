/// The quotas that were set for single owners of a pool's numbers, in the order in which they are
/// listed: few, rarely changed, and looked up by halving.
struct QuotaTable: Sendable, Equatable {
  struct Quota: Sendable, Equatable {
    var owner: Caller
    /// Live numbers.
    var limit: Int64
  }

  private(set) var entries: [Quota] = []

  /// The quota of an owner, under the very name by which it was set.
  subscript(_ owner: Caller) -> Quota? {
    let place = place(of: owner)
    return place < entries.count && entries[place].owner == owner ? entries[place] : nil
  }

  /// Sets a quota, or takes it back (nil).
  mutating func set(_ owner: Caller, limit: Int64?) {
    let place = place(of: owner)
    if place < entries.count, entries[place].owner == owner { entries.remove(at: place) }
    if let limit { entries.insert(Quota(owner: owner, limit: limit), at: place) }
  }

  /// Up to `count` quotas behind an owner, and whether there are more.
  func page(after owner: Caller?, count: Int) -> (quotas: [Quota], more: Bool) {
    let start = owner.map { owner in entries.partitionPoint { !Self.isBefore(owner, $0.owner) } }
    let rest = entries[(start ?? 0)...]
    return (Array(rest.prefix(count)), rest.count > count)
  }

  private func place(of owner: Caller) -> Int {
    entries.partitionPoint { Self.isBefore($0.owner, owner) }
  }

  private static func isBefore(_ one: Caller, _ other: Caller) -> Bool {
    (ExactText(one.principal), ExactText(one.holder))
      < (ExactText(other.principal), ExactText(other.holder))
  }
}
