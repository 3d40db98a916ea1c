/// The memory of request ids: who asked what, and the answer. The table `request_chunk` is the
/// authority, a row for the requests of a batch; what is in memory says where in it to look.
final class RequestLog: WriterState {
  static let capability = "request"
  static let migrations = RequestSchema.migrations

  /// A maker's clock may be ahead of ours by this; an id from further ahead has no time for us.
  static let clockSkew = Duration.seconds(300)
  /// About what a request takes in its row besides its id and answer.
  static let entryBytes = 64
  /// Longer answers aren't kept in memory.
  static let recentAnswerBytes = 4_096

  struct Entry {
    let sequence: Int64
    let key: RequestKey
    let hash: UInt64
    let answer: [UInt8]
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
  /// Of the batch in hand, in order of sequence.
  private(set) var pending: [Entry] = []
  /// By sequence modulo its size.
  private var recent: [Entry?]

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    configuration = store.configuration
    window = configuration.requestWindow.wholeMicroseconds
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
    let previousOldest = oldest
    // Multiples of 2^32 look like empty slots.
    next = sequence + (UInt32(truncatingIfNeeded: sequence + 1) == 0 ? 2 : 1)
    table.insert(tag, sequence)
    pending.append(Entry(sequence: sequence, key: key, hash: hash, answer: answer))
    batch.announce(bytes: key.requestID.utf8.count + answer.count + Self.entryBytes)
    oldest = oldest ?? (sequence, batch.boot)
    batch.undo { [self] in
      next = sequence
      table.remove(tag, sequence)
      pending.removeLast()
      oldest = previousOldest
    }
  }

  /// All requests of the batch that weren't taken back, in a row or few.
  func willCommit(_ batch: Batch) {
    guard let first = pending.first else { return }
    var chunk = RequestChunk(first: first.sequence, boot: batch.boot)
    for entry in pending {
      if !chunk.takes(entry.sequence) {
        chunk.write(batch.write)
        chunk = RequestChunk(first: entry.sequence, boot: batch.boot)
      }
      chunk.append(entry.key, hash: entry.hash, entry.answer)
    }
    chunk.write(batch.write)
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

  private func entry(
    _ sequence: Int64, _ batch: Batch
  ) throws(StoreError) -> (key: RequestKey, answer: [UInt8])? {
    if let first = pending.first, sequence >= first.sequence {
      return pending.first { $0.sequence == sequence }.map { ($0.key, $0.answer) }
    }
    if let entry = recent[Int(sequence % Int64(recent.count))], entry.sequence == sequence {
      return (entry.key, entry.answer)
    }
    var found: (key: RequestKey, answer: [UInt8])?
    try batch.queryCommitted(RequestSchema.read, bind: { $0.bind(sequence) }) {
      row throws(StoreError) in
      let first = row.integer(0)
      guard first <= sequence else { return }
      var reader = RequestChunkReader(row.bytes(1))
      found = try reader.entry(Int(sequence - first))
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
}
