/// The memory of request ids: who asked what, and the answer. The table `request_chunk` is the
/// authority, a row for the requests of a batch; what is in memory says where in it to look.
final class RequestLog: WriterState, UndoLog {
  static let capability = "request"
  static let migrations = RequestSchema.migrations

  /// A maker's clock may be ahead of ours by this; an id from further ahead has no time for us.
  static let clockSkew = Duration.seconds(300)
  /// About what a request takes in its row besides its id and answer.
  static let entryBytes = 64

  /// What takes back one that was recorded.
  private struct Recorded {
    let sequence: Int64
    let tag: UInt32
    /// How far the row was that it went into; nil: it is the row's first.
    let mark: RequestChunk.Mark?
    let oldest: (sequence: Int64, boot: BootTime)?
  }

  let configuration: StoreConfiguration
  // In µs, reckoned once, as every call is compared with them.
  private let skew = clockSkew.wholeMicroseconds
  private let window: Int64
  var table = RequestTable()
  private var next: Int64
  /// Up to here requests are found by the index on disk, after it by `table`.
  var indexedThrough: Int64
  /// The newest time that an id carried which isn't kept any more: ids are forgotten by the boot
  /// clock, and would look young again when the wall clock is set back.
  var forgotten = Timestamp(microseconds: 0)
  /// The oldest kept.
  var oldest: (sequence: Int64, boot: BootTime)?
  /// The rows of the batch in hand, each with a request at least; most batches have one.
  private(set) var pending: [RequestChunk] = []
  private var recorded: [Recorded] = []
  private var recent: RecentRequests

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    configuration = store.configuration
    window = configuration.requestWindow.wholeMicroseconds
    recent = RecentRequests(limit: configuration.recentAnswers)
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
      let first = row.integer(0)
      for (place, hash) in RequestChunk.hashes(row.bytes(2)).enumerated() {
        table.insert(RequestTable.tag(hash), first + Int64(place))
      }
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
    return made.microseconds < batch.wall.microseconds - window ? .tooOld : .new
  }

  /// From so far ahead of the wall clock that it says nothing: one of the two clocks is wrong.
  func isAhead(_ time: Timestamp, _ batch: Batch) -> Bool {
    time.microseconds > batch.wall.microseconds + skew
  }

  /// Must not be called for a key that is known.
  func record(_ key: RequestKey, hash: UInt64, _ answer: [UInt8], _ batch: Batch) {
    let sequence = next
    let tag = RequestTable.tag(hash)
    batch.undo(self, to: recorded.count)
    let mark = pending.last.flatMap { $0.takes(sequence) ? $0.mark : nil }
    recorded.append(Recorded(sequence: sequence, tag: tag, mark: mark, oldest: oldest))
    // Multiples of 2^32 look like empty slots.
    next = sequence + (UInt32(truncatingIfNeeded: sequence + 1) == 0 ? 2 : 1)
    table.insert(tag, sequence)
    if mark == nil { pending.append(RequestChunk(first: sequence, boot: batch.boot)) }
    pending[pending.count - 1].append(key, hash: hash, answer)
    batch.announce(bytes: key.requestID.utf8.count + answer.count + Self.entryBytes)
    oldest = oldest ?? (sequence, batch.boot)
  }

  func undo(to mark: Int) {
    while recorded.count > mark, let last = recorded.popLast() {
      next = last.sequence
      table.remove(last.tag, last.sequence)
      oldest = last.oldest
      if let mark = last.mark {
        pending[pending.count - 1].truncate(to: mark)
      } else {
        pending.removeLast()
      }
    }
  }

  /// All requests of the batch that weren't taken back, in a row or few.
  func willCommit(_ batch: Batch) {
    for chunk in pending { chunk.write(batch.write) }
  }

  func didCommit() {
    for chunk in pending { recent.append(chunk) }
    pending.removeAll(keepingCapacity: true)
    recorded.removeAll(keepingCapacity: true)
  }

  private func match(
    _ key: RequestKey, at sequence: Int64, _ batch: Batch
  ) throws(StoreError) -> Lookup? {
    guard let entry = try entry(sequence, batch), entry.key.names(key) else { return nil }
    return entry.key.bodyHash == key.bodyHash ? .known(entry.answer) : .conflict
  }

  private func entry(
    _ sequence: Int64, _ batch: Batch
  ) throws(StoreError) -> (key: RequestKey, answer: [UInt8])? {
    if let first = pending.first, sequence >= first.first {
      guard let chunk = pending.last(where: { $0.first <= sequence }), sequence <= chunk.last else {
        return nil
      }
      return try Self.entry(Int(sequence - chunk.first), of: chunk.entries)
    }
    if let (entries, place) = recent.row(with: sequence) {
      return try Self.entry(place, of: entries)
    }
    var found: (key: RequestKey, answer: [UInt8])?
    try batch.queryCommitted(RequestSchema.read, bind: { $0.bind(sequence) }) {
      row throws(StoreError) in
      let first = row.integer(0)
      guard first <= sequence else { return }
      found = try Self.entry(Int(sequence - first), of: row.bytes(1))
    }
    return found
  }

  private static func entry(
    _ place: Int, of entries: [UInt8]
  ) throws(StoreError) -> (key: RequestKey, answer: [UInt8]) {
    var reader = RequestChunkReader(entries)
    return try reader.entry(place)
  }

  private func indexed(_ hash: UInt64, _ batch: Batch) throws(StoreError) -> [Int64] {
    var found: [Int64] = []
    try batch.queryCommitted(RequestSchema.find, bind: { $0.bind(Int64(bitPattern: hash)) }) {
      found.append($0.integer(0))
    }
    return found
  }
}
