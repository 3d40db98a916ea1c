internal import Store

/// A page of the life of a number.
struct LifePage: Equatable, Sendable {
  var state: SerialState
  /// The oldest first, with their sequences.
  var events: [Numbered]
  var hasMore: Bool
  var isOlderLeftOut: Bool

  struct Numbered: Equatable, Sendable {
    var sequence: Int64
    var event: NumberEvent
  }
}

/// Reads the life of a number, in one snapshot.
struct LifeReading {
  let connection: ReadConnection
  let scope: HistoryScope

  /// What the tables know of a number.
  private struct Found {
    var state: SerialState
    var event: Int64 = 0
    var renewal: Int64 = 0
    /// Nil where its row is kept no longer.
    var generated: Int64?
  }

  /// A page of at most `count` events after the one with a sequence; nil where the number was never
  /// made.
  func page(
    of number: String, edition: Int, serial: ParsedNumber, after sequence: Int64, count: Int
  ) throws(StoreError) -> LifePage? {
    let key = NumberKey(
      pool: scope.pool, edition: Int32(edition), period: serial.period, serial: serial.serial)
    guard let found = try find(key), shows(found, number, key) else { return nil }
    var life = NumberLife(event: found.event, renewal: found.renewal)
    var events: [LifePage.Numbered] = []
    var chunks = EventChunks(connection, NumberFeed.key(of: scope.business))
    var steps = 0
    while let position = life.position {
      guard steps < Limits.eventsPerLife else {
        life.missing()
        break
      }
      steps += 1
      guard let event = try chunks.event(position) else {
        life.missing()
        break
      }
      guard life.read(event), event.concerns(key) else {
        throw .corrupt("event \(position) of \(scope.business) isn't of the number that led to it")
      }
      if position > sequence {
        events.append(LifePage.Numbered(sequence: position, event: event))
      }
    }
    return LifePage(
      state: found.state, events: events.suffix(count).reversed(), hasMore: events.count > count,
      isOlderLeftOut: !life.isWhole)
  }

  /// Whether the number has exactly this text, as far as that can still be told.
  private func shows(_ found: Found, _ number: String, _ key: NumberKey) -> Bool {
    guard let generated = found.generated else { return true }
    let form = scope.forms[Int(key.edition)]
    return form.skeleton(at: generated).map {
      form.matches(number, $0, serial: key.serial, period: key.period)
    } ?? false
  }

  private func find(_ key: NumberKey) throws(StoreError) -> Found? {
    var found: Found?
    try query(HistoryStatements.lock, key) { row in
      let behind = row.integer(3) - key.serial
      guard behind < row.integer(4) else { return }
      found = Found(
        state: .live, event: Self.event(row.integer(1), before: behind), renewal: row.integer(2),
        generated: row.integer(0))
    }
    if found != nil { return found }
    try query(HistoryStatements.completed, key) { row in
      let behind = row.integer(2) - key.serial
      guard behind < row.integer(3) else { return }
      found = Found(
        state: .completed, event: Self.event(row.integer(1), before: behind),
        generated: row.integer(0))
    }
    if found != nil { return found }
    try query(HistoryStatements.returned, key) { row in
      let cause = ReturnCause(rawValue: Int32(truncatingIfNeeded: row.integer(2)))
      found = Found(
        state: cause.map { SerialState(returned: $0, isRetired: row.bool(3)) } ?? .unaccounted,
        event: row.integer(1), generated: row.integer(0))
    }
    if found != nil { return found }
    try query(HistoryStatements.range, key) { row in
      guard row.integer(3) <= key.serial, key.serial <= row.integer(4) else { return }
      found = Found(
        state: row.bool(2) ? .lapsed : .inStock, event: row.integer(1), generated: row.integer(0))
    }
    if found != nil { return found }
    var block = key
    block.serial = SettledBlock.number(of: key.serial)
    try query(HistoryStatements.settled, block) { row in
      found = SettledBlock(row.bytes(0))?[key.serial].map { Found(state: $0) }
    }
    return found
  }

  /// The event of a serial so many before the one whose event it is; 0: neither is known.
  private static func event(_ last: Int64, before behind: Int64) -> Int64 {
    last == 0 ? 0 : last - behind
  }

  private func query(
    _ statement: Statement, _ key: NumberKey, _ each: (borrowing ResultRow) -> Void
  ) throws(StoreError) {
    try connection.query(
      statement,
      bind: { row in
        row.bind(key.pool)
        row.bind(Int64(key.edition))
        row.bind(Int64(key.period))
        row.bind(key.serial)
      },
      { row in each(row) })
  }
}

extension NumberEvent {
  /// Whether it can be of the life of a number: of a lease, that can't be told.
  fileprivate func concerns(_ key: NumberKey) -> Bool {
    kind == .renewed
      || (edition == key.edition && period == key.period && serial <= key.serial
        && key.serial <= last)
  }
}

/// Events by their sequences; the chunk read last is kept, for neighbours are often in one.
private struct EventChunks {
  private let connection: ReadConnection
  private let feed: FeedKey
  private var chunk: FeedChunk?
  /// The runs of the chunk, each with the sequence of its first event.
  private var runs: [(sequence: Int64, run: EventRun)] = []

  init(_ connection: ReadConnection, _ feed: FeedKey) {
    self.connection = connection
    self.feed = feed
  }

  /// Nil where it isn't kept.
  mutating func event(_ sequence: Int64) throws(StoreError) -> NumberEvent? {
    if chunk.map({ sequence < $0.first || sequence > $0.last }) ?? true {
      guard let found = try connection.chunk(of: feed, containing: sequence) else { return nil }
      chunk = found
      do throws(EventDamage) {
        var reader = try EventReader(found.payload)
        runs.removeAll(keepingCapacity: true)
        var next = found.first
        while let run = try reader.nextRun() {
          runs.append((next, run))
          next += run.count
        }
      } catch {
        throw .corrupt("the events \(found.first) to \(found.last) of \(feed.business)")
      }
    }
    let place = runs.partitionPoint { $0.sequence <= sequence } - 1
    guard place >= 0, sequence - runs[place].sequence < runs[place].run.count else {
      throw .corrupt("event \(sequence) of \(feed.business) is missing in its chunk")
    }
    return runs[place].run[sequence - runs[place].sequence]
  }
}
