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

  /// The chunk that holds the first message after another, or nil if there is none.
  public func chunk(
    of feed: FeedKey, after sequence: Int64
  ) throws(StoreError) -> FeedChunk? {
    guard sequence < .max else { return nil }
    return try chunks(of: feed, from: sequence + 1, atMost: 1).first
  }

  /// Every chunk of a feed that is kept, the oldest first, read page by page: for who keeps in memory what
  /// a feed's messages amount to.
  public func forEachChunk(
    of feed: FeedKey, _ each: (FeedChunk) throws(StoreError) -> Void
  ) throws(StoreError) {
    var next: Int64 = 1
    while true {
      let page = try chunks(of: feed, from: next)
      guard let last = page.last else { return }
      for chunk in page { try each(chunk) }
      next = last.last + 1
    }
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
    try queryWhile(
      FeedSchema.page,
      bind: { row in
        row.bind(feed.business)
        row.bind(feed.kind)
        row.bind(sequence)
        row.bind(count)
      },
      { row in
        guard row.integer(1) <= end else { return false }
        let chunk = FeedChunk(
          first: row.integer(0), last: row.integer(1), time: row.timestamp(2),
          payload: row.bytes(3))
        bytes += chunk.payload.count
        messages += chunk.count
        found.append(chunk)
        return bytes < FeedLimits.pageBytes && messages < FeedLimits.stepMessages
      })
    return found
  }
}
