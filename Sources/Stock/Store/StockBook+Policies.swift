internal import Store

extension StockBook {
  /// Puts policies, all or none; the version of the policies from then on.
  func put(
    _ business: String, _ policies: [(good: String, policy: ReplenishmentPolicy)],
    _ capacity: StockCapacity, _ batch: Batch
  ) throws(StockFailure) -> Int64 {
    let ledger = ledger(business)
    let changed = policies.filter { ledger.goods[ExactText($0.good)]?.policy != $0.policy }
    let newGoods = changed.count { ledger.goods[ExactText($0.good)] == nil }
    guard newGoods == 0 || counts.goods + newGoods <= capacity.goods else {
      throw .refused(.goodsExhausted(limit: capacity.goods))
    }
    try change(business, ledger, changed.map { ($0.good, $0.policy) }, newGoods, capacity, batch)
    return ledger.policiesVersion
  }

  /// Deletes policies, all or none; the version of the policies from then on.
  func deletePolicies(
    _ business: String, _ goods: [String], _ capacity: StockCapacity,
    _ batch: Batch
  ) throws(StockFailure) -> Int64 {
    for (place, good) in goods.enumerated() {
      guard ledgers[ExactText(business)]?.goods[ExactText(good)]?.policy != nil else {
        throw .refused(.policyNotFound(field: "goods[\(place)]"))
      }
    }
    let ledger = ledger(business)
    try change(business, ledger, goods.map { ($0, nil) }, 0, capacity, batch)
    return ledger.policiesVersion
  }

  private func change(
    _ business: String, _ ledger: Ledger, _ changed: [(String, ReplenishmentPolicy?)],
    _ newGoods: Int, _ capacity: StockCapacity, _ batch: Batch
  ) throws(StockFailure) {
    guard !changed.isEmpty else { return }
    var counts = counts
    counts.goods += newGoods
    counts.policyRows += changed.count
    // To delete always has room: each was put before, below the limit.
    let onlyDeletes = changed.allSatisfy { $0.1 == nil }
    guard onlyDeletes || counts.policyRows <= capacity.policies else {
      throw .refused(.policiesExhausted(limit: capacity.policies))
    }
    setCounts(counts, batch)
    keep(ledger, business, batch)
    let version = ledger.policiesVersion
    batch.undo { ledger.policiesVersion = version }
    ledger.policiesVersion = version + 1
    for (name, policy) in changed {
      let key = ExactText(name)
      let before = ledger.goods[key]
      batch.undo { ledger.goods[key] = before }
      var good = before ?? Ledger.Good()
      good.policy = policy
      ledger.goods[key] = good
      if before == nil { write(good, name, of: business, batch) }
      write(policy, name, business, version: version + 1, batch)
    }
    batch.write(StockStatements.addPolicies) { row in
      row.bind(business)
      row.bind(batch.now)
      row.bind(version + 1)
    }
    write(ledger, of: business, batch)
  }

  private func write(
    _ policy: ReplenishmentPolicy?, _ good: String, _ business: String, version: Int64,
    _ batch: Batch
  ) {
    batch.write(StockStatements.addPolicy) { row in
      row.bind(business)
      row.bind(good)
      row.bind(version)
      row.bind(policy == nil)
      row.bind(policy?.reorderPoint ?? 0)
      row.bind(policy?.target ?? 0)
      row.bind(policy?.packSize ?? 0)
      row.bind(policy?.leadSeconds ?? 0)
    }
  }
}
