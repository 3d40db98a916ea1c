public import Store

/// What a pool has and has counted, for whoever watches it. Rates are differences of two of these.
public struct PoolFigures: Sendable, Equatable {
  /// Whose pool it is.
  public var business: String
  /// Since the pool was made: numbers made, handed out (each time counted), completed, given back,
  /// come back with their lease, handed out again, grown too old in stock, and come back for good.
  public var generated, allocated, completed, released, expired, reused, lapsed, retired: Int64
  /// Numbers held now.
  public var live: Int64
  /// Numbers that can be handed out now without making any.
  public var remainingInPool: Int64
  /// Numbers that came back and wait out their quarantine.
  public var quarantined: Int64
  /// The present period ("2026-11-21", "2026-11", "2026", or empty), its serials, and those of them
  /// that aren't made into numbers yet.
  public var period: String
  public var serialsOfPeriod, remainingInPeriod: Int64
  /// Between these the generator keeps the stock.
  public var lowWatermark, highWatermark: Int64
  /// What holds the generator and the business stopped, the oldest first; empty: nothing does.
  public var generationStops, businessStops: [StopCause]
}

extension NumberState {
  /// What became of a warning's stop or its end.
  public enum StopOutcome: Sendable, Equatable {
    /// The cause was added, or taken back.
    case changed
    /// It was there already, or there was none to take back.
    case unchanged
    /// The business has no pool.
    case noPool
    /// The switch has as many causes as it may have.
    case tooManyCauses
  }

  /// Lets the warning `id` (not empty) hold a switch of a pool off from now on, in the transaction of
  /// `batch`. `text` says why; of more than 256 bytes the rest is left out.
  public func stop(
    _ target: PoolSwitch, of business: String, warning id: String, text: String, _ batch: Batch
  ) throws(StoreError) -> StopOutcome {
    try change(target, of: business, batch) { pool, now, rows in
      guard pool.stops[target].causes.count < Limits.stopsPerSwitch else { return .tooManyCauses }
      let cause = StopCause(
        warning: id, principal: "", reason: text.prefix(bytes: Limits.reasonBytes), time: now.wall)
      return book.stop(target, of: pool, cause, rows: rows) ? .changed : .unchanged
    }
  }

  /// Takes back what the warning `id` holds off, in the transaction of `batch`.
  public func resume(
    _ target: PoolSwitch, of business: String, warning id: String, _ batch: Batch
  ) throws(StoreError) -> StopOutcome {
    try change(target, of: business, batch) { pool, now, rows in
      book.resume(target, of: pool, warning: id, at: now, rows: rows) ? .changed : .unchanged
    }
  }

  private func change(
    _ target: PoolSwitch, of business: String, _ batch: Batch,
    _ body: (Pool, Moment, StoredRows) -> StopOutcome
  ) throws(StoreError) -> StopOutcome {
    let result = try change(batch, book.limits) { (book, now, rows) throws(Refusal) in
      body(try book.pool(of: business), now, rows)
    }
    switch result {
    case .success(let outcome): return outcome
    case .failure: return .noPool
    }
  }

  /// All businesses that have a pool, in the order of their bytes.
  public func businesses(_ batch: Batch) -> [String] { book.businesses }

  /// The figures of a pool as they are in `batch`; nil where the business has none. A few µs.
  public func figures(of business: String, _ batch: Batch) -> PoolFigures? {
    guard let index = book.byBusiness[ExactText(business)], let pool = book.pools[Int(index)] else {
      return nil
    }
    let stock = book.stock(of: pool, at: Moment(batch))
    let counters = pool.counters
    return PoolFigures(
      business: business, generated: counters.generated, allocated: counters.allocated,
      completed: counters.completed, released: counters.released, expired: counters.expired,
      reused: counters.reused, lapsed: counters.lapsed, retired: counters.retired,
      live: counters.live, remainingInPool: stock.remainingInPool, quarantined: stock.quarantined,
      period: stock.period,
      serialsOfPeriod: pool.editions[pool.editions.count - 1].form.lastSerial,
      remainingInPeriod: stock.remainingInPeriod, lowWatermark: pool.settings.lowWatermark,
      highWatermark: pool.settings.highWatermark,
      generationStops: pool.stops.generation.causes, businessStops: pool.stops.business.causes)
  }
}

extension String {
  /// The beginning, in whole characters, of at most so many bytes.
  fileprivate func prefix(bytes count: Int) -> String {
    guard utf8.count > count else { return self }
    var end = startIndex
    while end < endIndex, utf8.distance(from: startIndex, to: index(after: end)) <= count {
      formIndex(after: &end)
    }
    return String(self[..<end])
  }
}
