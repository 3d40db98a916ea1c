internal import Store

/// The feed of a pool: the events of its numbers, in the form of `EventFormat`.
enum NumberFeed {
  static func key(of business: String) -> FeedKey { FeedKey(business: business, kind: "numbers") }

  /// Events are kept as long as the pool says.
  static func setRetention(of pool: Pool, _ batch: Batch) {
    batch.feeds.setRetention(
      .microseconds(pool.settings.historyRetention), of: key(of: pool.business), batch)
  }

  /// Stores what a batch brings.
  static func append(_ pool: Pool, _ batch: Batch) {
    guard pool.events.count > 0 else { return }
    let key = key(of: pool.business)
    assert(batch.feeds.next(of: key) == pool.firstEvent)
    for payload in pool.events.payloads {
      batch.feeds.append(payload.bytes, count: payload.count, to: key, batch)
    }
  }
}
