/// The memory of request ids: who asked what, and the answer. The table `request` is the authority;
/// what is in memory says where in it to look.
final class RequestLog: WriterState {
  static let capability = "request"
  static let migrations = RequestSchema.migrations

  /// A maker's clock may be ahead of ours by this; an id from further ahead has no time for us.
  static let clockSkew = Duration.seconds(300)
  /// Longer answers aren't kept in memory.
  static let recentAnswerBytes = 4_096
  /// How many rows one piece of background work looks at.
  static let chunk = 512

  struct Entry {
    let sequence: Int64
    let key: RequestKey
    let answer: [UInt8]
  }

  private let configuration: StoreConfiguration
  private var table = RequestTable()
  private var next: Int64
  /// Up to here requests are found by the index on disk, after it by `table`.
  private var indexedThrough: Int64
  /// The newest time that an id carried which isn't kept any more: ids are forgotten by the boot
  /// clock, and would look young again when the wall clock is set back.
  private var forgotten = Timestamp(microseconds: 0)
  /// The oldest kept.
  private var oldest: (sequence: Int64, boot: BootTime)?
  /// Of the batch in hand, in order of sequence.
  private var pending: [Entry] = []
  /// By sequence modulo its size.
  private var recent: [Entry?]

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    configuration = store.configuration
    recent = Array(repeating: nil, count: max(1, configuration.recentAnswers))
    var newest: Int64 = 0
    var through: Int64 = 0
    var first: (sequence: Int64, boot: BootTime)?
    try connection.query(RequestSchema.newest) { newest = $0.integer(0) }
    var forgotten = Timestamp(microseconds: 0)
    try connection.query(RequestSchema.progress) { row in
      through = row.integer(0)
      forgotten = row.timestamp(1)
    }
    self.forgotten = forgotten
    try connection.query(RequestSchema.oldest, bind: { $0.bind(1) }) {
      first = ($0.integer(0), $0.bootTime(2))
    }
    next = max(newest, through) + 1
    indexedThrough = through
    oldest = first
    var table = RequestTable()
    try connection.query(
      RequestSchema.after,
      bind: {
        $0.bind(through)
        $0.bind(Int64.max)
      }
    ) { row in
      let hash = UInt64(bitPattern: row.integer(1))
      table.insert(RequestTable.tag(hash), row.integer(0))
    }
    self.table = table
  }

  enum Lookup {
    case new
    case known([UInt8])
    case conflict
    case tooOld
  }

  func look(_ key: RequestKey, hash: UInt64, _ batch: Batch) throws(StoreError) -> Lookup {
    for sequence in table.sequences(RequestTable.tag(hash), newest: next) {
      if let found = try match(key, at: sequence, batch) { return found }
    }
    if let oldest, oldest.sequence <= indexedThrough {
      for sequence in try indexed(hash, batch) {
        if let found = try match(key, at: sequence, batch) { return found }
      }
    }
    // Not `now`: after a jump of the clock that was corrected every id of today would be too old.
    guard let made = RequestAge.time(ofID: key.requestID), !isAhead(made, batch) else {
      return .new
    }
    if made <= forgotten, !isAhead(forgotten, batch) { return .tooOld }
    return made < batch.wall - configuration.requestWindow ? .tooOld : .new
  }

  /// From so far ahead of the wall clock that it says nothing: one of the two clocks is wrong.
  private func isAhead(_ time: Timestamp, _ batch: Batch) -> Bool {
    time > batch.wall + Self.clockSkew
  }

  /// Must not be called for a key that is known.
  func record(_ key: RequestKey, hash: UInt64, _ answer: [UInt8], _ batch: Batch) {
    let sequence = next
    let tag = RequestTable.tag(hash)
    let previousOldest = oldest
    batch.write(RequestSchema.add) { row in
      row.bind(sequence)
      row.bind(Int64(bitPattern: hash))
      row.bind(batch.boot)
      row.bind(key.business)
      row.bind(key.caller)
      row.bind(key.method)
      row.bind(key.requestID)
      row.bind(key.bodyHash)
      row.bind(answer)
    }
    // Multiples of 2^32 look like empty slots.
    next = sequence + (UInt32(truncatingIfNeeded: sequence + 1) == 0 ? 2 : 1)
    table.insert(tag, sequence)
    pending.append(Entry(sequence: sequence, key: key, answer: answer))
    oldest = oldest ?? (sequence, batch.boot)
    batch.undo { [self] in
      next = sequence
      table.remove(tag, sequence)
      pending.removeLast()
      oldest = previousOldest
    }
  }

  func didCommit() {
    for entry in pending where entry.answer.count <= Self.recentAnswerBytes {
      recent[Int(entry.sequence % Int64(recent.count))] = entry
    }
    pending.removeAll(keepingCapacity: true)
  }

  private func match(
    _ key: RequestKey, at sequence: Int64, _ batch: Batch
  ) throws(StoreError) -> Lookup? {
    guard let entry = try entry(sequence, batch), entry.key.names(key) else { return nil }
    return entry.key.bodyHash == key.bodyHash ? .known(entry.answer) : .conflict
  }

  private func entry(_ sequence: Int64, _ batch: Batch) throws(StoreError) -> Entry? {
    if let first = pending.first, sequence >= first.sequence {
      return pending.first { $0.sequence == sequence }
    }
    if let entry = recent[Int(sequence % Int64(recent.count))], entry.sequence == sequence {
      return entry
    }
    var found: Entry?
    try batch.queryCommitted(RequestSchema.read, bind: { $0.bind(sequence) }) { row in
      found = Entry(
        sequence: sequence,
        key: RequestKey(
          caller: row.text(1), business: row.text(0), method: row.text(2), requestID: row.text(3),
          bodyHash: row.bytes(4)),
        answer: row.bytes(5))
    }
    return found
  }

  private func indexed(_ hash: UInt64, _ batch: Batch) throws(StoreError) -> [Int64] {
    var found: [Int64] = []
    try batch.queryCommitted(RequestSchema.find, bind: { $0.bind(Int64(bitPattern: hash)) }) {
      found.append($0.integer(0))
    }
    return found
  }

  // MARK: - Background

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

  private func prune(_ batch: Batch) throws(StoreError) {
    let expired = batch.boot - keptFor
    let previous = oldest
    var left: (sequence: Int64, boot: BootTime)?
    var dropped: [(hash: UInt64, sequence: Int64)] = []
    var newest = isAhead(forgotten, batch) ? Timestamp(microseconds: 0) : forgotten
    var lastBoot = expired
    try batch.query(RequestSchema.oldest, bind: { $0.bind(Self.chunk) }) { row in
      if left == nil, row.bootTime(2) <= expired {
        dropped.append((UInt64(bitPattern: row.integer(1)), row.integer(0)))
        lastBoot = row.bootTime(2)
        if let made = RequestAge.time(ofID: row.text(3)), !isAhead(made, batch) {
          newest = max(newest, made)
        }
      } else if left == nil {
        left = (row.integer(0), row.bootTime(2))
      }
    }
    guard let last = dropped.last else { return }
    batch.write(RequestSchema.prune) { $0.bind(last.sequence) }
    drop(dropped, batch)
    forget(through: newest, batch)
    // A full piece: there may be more, as old as this; the next piece will see.
    if left == nil, dropped.count == Self.chunk { left = (last.sequence + 1, lastBoot) }
    oldest = left
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
    var moved: [(hash: Int64, sequence: Int64)] = []
    try batch.query(
      RequestSchema.after,
      bind: {
        $0.bind(previous)
        $0.bind(Self.chunk)
      }
    ) { moved.append(($0.integer(1), $0.integer(0))) }
    guard let last = moved.last else { return }
    moved.sort { $0.hash < $1.hash }
    for (hash, sequence) in moved {
      batch.write(RequestSchema.index) { row in
        row.bind(hash)
        row.bind(sequence)
      }
      table.remove(RequestTable.tag(UInt64(bitPattern: hash)), sequence)
    }
    indexedThrough = last.sequence
    batch.write(RequestSchema.setProgress) { $0.bind(last.sequence) }
    batch.undo { [self] in
      indexedThrough = previous
      for (hash, sequence) in moved {
        table.insert(RequestTable.tag(UInt64(bitPattern: hash)), sequence)
      }
    }
  }
}
