extension ReadConnection {
  /// The newest message of a feed in this snapshot; 0 if it has none.
  public func head(of feed: FeedKey) throws(StoreError) -> Int64 {
    var head: Int64 = 0
    try query(
      FeedSchema.head,
      bind: { row in
        row.bind(feed.business)
        row.bind(feed.kind)
      },
      { head = $0.integer(0) })
    return head
  }

  /// The chunk that holds a message of a feed, or nil if that isn't kept, or isn't there yet.
  public func chunk(
    of feed: FeedKey, containing sequence: Int64
  ) throws(StoreError) -> FeedChunk? {
    let found = try chunks(of: feed, from: sequence, atMost: 1).first
    return found.flatMap { $0.first <= sequence ? $0 : nil }
  }

  /// Chunks of a feed, from the one that holds `sequence` on, or from the oldest kept after it, up to
  /// the one that ends with `end`: as many as make a page.
  func chunks(
    of feed: FeedKey, from sequence: Int64, through end: Int64 = .max,
    atMost count: Int = FeedLimits.pageChunks
  ) throws(StoreError) -> [FeedChunk] {
    var found: [FeedChunk] = []
    var bytes = 0
    var messages = 0
    try query(
      FeedSchema.page,
      bind: { row in
        row.bind(feed.business)
        row.bind(feed.kind)
        row.bind(sequence)
        row.bind(count)
      },
      { row in
        guard bytes < FeedLimits.pageBytes, messages < FeedLimits.stepMessages else { return }
        guard row.integer(1) <= end else { return }
        let chunk = FeedChunk(
          first: row.integer(0), last: row.integer(1), time: row.timestamp(2),
          payload: row.bytes(3))
        bytes += chunk.payload.count
        messages += chunk.count
        found.append(chunk)
      })
    return found
  }
}
