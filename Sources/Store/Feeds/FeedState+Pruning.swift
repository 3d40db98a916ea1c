/// Where the pruning of feeds stands: it goes round all of them, a piece at a time, behind what is
/// in the foreground.
struct FeedPruning {
  /// The feed to look at next.
  var position = 0
  /// When to go on.
  var due: BootTime

  init(opened boot: BootTime) { due = boot + FeedLimits.pruningPause }
}

extension FeedState {
  /// Deletes the oldest chunks of the next feed that has some to delete.
  func prune(_ batch: Batch) throws(StoreError) {
    guard batch.boot >= pruning.due else { return }
    let before = pruning
    batch.undo { [self] in pruning = before }
    guard let feed = nextOld(batch) else {
      let isRoundDone = pruning.position >= all.count
      if isRoundDone { pruning.position = 0 }
      pruning.due = isRoundDone ? batch.boot + FeedLimits.pruningPause : batch.boot
      return
    }
    if try !drop(from: feed, through: .max, olderThan: feed.retention, batch) {
      pruning.position += 1
    }
    pruning.due = batch.boot
  }

  /// Looks at a bounded number of feeds, and stops at one that has something too old.
  private func nextOld(_ batch: Batch) -> Feed? {
    let end = min(all.count, pruning.position + FeedLimits.prunedFeeds)
    while pruning.position < end {
      let feed = all[pruning.position]
      let hasMoreThanTheNewest = feed.bounds.oldest < feed.newestFirst
      if hasMoreThanTheNewest, feed.oldestTime < batch.now - feed.retention { return feed }
      pruning.position += 1
    }
    return nil
  }

  /// Deletes one piece of what its owner needs no longer: chunks with messages up to `last` alone that are
  /// older than `age`. The newest chunk stays. For feeds whose retention is for ever, as only their owner
  /// knows what is still needed.
  public func prune(
    _ key: FeedKey, through last: Int64, olderThan age: Duration, _ batch: Batch
  ) throws(StoreError) -> (oldest: Int64, mayHaveMore: Bool) {
    guard let feed = feed(key) else { return (1, false) }
    let mayHaveMore = try drop(from: feed, through: last, olderThan: age, batch)
    return (feed.bounds.oldest, mayHaveMore)
  }

  /// Says whether the feed may have more to delete.
  private func drop(
    from feed: Feed, through end: Int64, olderThan age: Duration, _ batch: Batch
  ) throws(StoreError) -> Bool {
    let cutoff = batch.now - age
    let head = feed.bounds.head
    var dropped: (last: Int64, time: Timestamp)?
    var kept: Timestamp?
    var bytes: Int64 = 0
    try batch.query(
      FeedSchema.oldest,
      bind: { row in
        row.bind(feed.id)
        row.bind(FeedLimits.prunedChunks)
      },
      { row in
        guard kept == nil, bytes < FeedLimits.prunedBytes else { return }
        let last = row.integer(0)
        let time = row.timestamp(2)
        if time >= cutoff || last == head || last > end {
          kept = time
        } else {
          dropped = (last, time)
          bytes += row.integer(3)
        }
      })
    guard let dropped else { return false }
    drop(feed, through: dropped.last, next: kept ?? dropped.time, batch)
    return kept == nil
  }
}
