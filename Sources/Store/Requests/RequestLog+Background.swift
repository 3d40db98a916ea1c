/// Work behind what is in the foreground: what is too old is forgotten, and what memory has no room
/// for is found by the index on disk.
extension RequestLog {
  /// How many requests, and of how many rows, one piece of background work looks at.
  static let piece = 512
  static let rowsPerPiece = 64

  /// Kept a little longer than the window, so that an id whose maker's clock is ahead is still
  /// known when its own time becomes too old.
  private var keptFor: Duration { configuration.requestWindow + Self.clockSkew }

  var requestsInMemory: Int { table.count }

  private var mustIndex: Bool { table.count > configuration.requestIDsInMemory }

  var nextWake: BootTime? {
    guard let oldest else { return nil }
    return mustIndex ? oldest.boot : oldest.boot + keptFor
  }

  func wake(_ batch: Batch) throws(StoreError) {
    if let oldest, oldest.boot + keptFor <= batch.boot { try prune(batch) }
    if mustIndex { try moveToIndex(batch) }
  }

  /// Of whole rows: their requests are of one time.
  private func prune(_ batch: Batch) throws(StoreError) {
    let expired = batch.boot - keptFor
    let previous = oldest
    var left: (sequence: Int64, boot: BootTime)?
    var dropped: [(hash: UInt64, sequence: Int64)] = []
    var newest = isAhead(forgotten, batch) ? Timestamp(microseconds: 0) : forgotten
    var last: (sequence: Int64, boot: BootTime)?
    var rows = 0
    try batch.query(RequestSchema.oldest, bind: { $0.bind(Self.rowsPerPiece) }) {
      row throws(StoreError) in
      guard left == nil else { return }
      let (first, boot) = (row.integer(0), row.bootTime(2))
      guard boot <= expired, dropped.count < Self.piece else {
        left = (first, boot)
        return
      }
      rows += 1
      last = (row.integer(1), boot)
      for (place, hash) in RequestChunk.hashes(row.bytes(3)).enumerated() {
        dropped.append((hash, first + Int64(place)))
      }
      var reader = RequestChunkReader(row.bytes(4))
      while let id = try reader.nextID() {
        guard let made = RequestAge.time(ofID: id), !isAhead(made, batch) else { continue }
        newest = max(newest, made)
      }
    }
    guard let last else { return }
    batch.write(RequestSchema.prune) { $0.bind(last.sequence) }
    drop(dropped, batch)
    forget(through: newest, batch)
    if left == nil {
      // A full piece: there may be more, as old as this; the next piece will see.
      left = rows == Self.rowsPerPiece ? (last.sequence + 1, last.boot) : nil
    }
    oldest = left ?? pending.first.map { ($0.first, batch.boot) }
    batch.undo { [self] in oldest = previous }
  }

  private func forget(through newest: Timestamp, _ batch: Batch) {
    let previous = forgotten
    guard newest != previous else { return }
    forgotten = newest
    batch.write(RequestSchema.setForgotten) { $0.bind(newest) }
    batch.undo { [self] in forgotten = previous }
  }

  private func drop(_ dropped: [(hash: UInt64, sequence: Int64)], _ batch: Batch) {
    for (hash, sequence) in dropped {
      if sequence <= indexedThrough {
        batch.write(RequestSchema.pruneIndex) { row in
          row.bind(Int64(bitPattern: hash))
          row.bind(sequence)
        }
      } else {
        table.remove(RequestTable.tag(hash), sequence)
      }
    }
    let through = indexedThrough
    batch.undo { [self] in
      for (hash, sequence) in dropped where sequence > through {
        table.insert(RequestTable.tag(hash), sequence)
      }
    }
  }

  /// Sorted by hash, so that a piece touches each page of the index once.
  private func moveToIndex(_ batch: Batch) throws(StoreError) {
    let previous = indexedThrough
    var last = previous
    var moved: [(hash: Int64, sequence: Int64)] = []
    try batch.query(
      RequestSchema.after,
      bind: {
        $0.bind(previous)
        $0.bind(Self.rowsPerPiece)
      }
    ) { row in
      guard moved.count < Self.piece else { return }
      let first = row.integer(0)
      last = row.integer(1)
      for (place, hash) in RequestChunk.hashes(row.bytes(2)).enumerated() {
        moved.append((Int64(bitPattern: hash), first + Int64(place)))
      }
    }
    guard last > previous else { return }
    moved.sort { $0.hash < $1.hash }
    for (hash, sequence) in moved {
      batch.write(RequestSchema.index) { row in
        row.bind(hash)
        row.bind(sequence)
      }
      table.remove(RequestTable.tag(UInt64(bitPattern: hash)), sequence)
    }
    indexedThrough = last
    batch.write(RequestSchema.setProgress) { $0.bind(last) }
    batch.undo { [self] in
      indexedThrough = previous
      for (hash, sequence) in moved {
        table.insert(RequestTable.tag(UInt64(bitPattern: hash)), sequence)
      }
    }
  }
}
