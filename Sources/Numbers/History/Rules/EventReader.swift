/// The same event of serials that follow one another, with sequences that do.
struct EventRun: Equatable {
  var first: NumberEvent
  /// 1 or more.
  var count: Int64

  /// The event at `offset` places behind the first.
  subscript(_ offset: Int64) -> NumberEvent {
    guard offset > 0 else { return first }
    var event = first
    event.serial &+= offset
    event.last = event.serial
    if event.kind.isEnd { event.previous &+= offset }
    return event
  }
}

/// Reads events in the form of `EventFormat`, one after another. Damaged bytes give events that
/// never were, or `EventDamage`, and nothing worse; it reads no byte twice.
struct EventReader {
  private var input: VarintReader
  private var base = EventBase()
  /// The event before, of whose group the next may be.
  private var open: NumberEvent?
  private var callers: [Caller] = []
  private var series: [(edition: Int32, period: Int32)] = []

  init(_ payload: [UInt8]) throws(EventDamage) {
    input = VarintReader(payload)
    guard try input.byte() == EventFormat.version else { throw EventDamage(position: 0) }
  }

  /// The run that `next` is in, and how many events of it are told.
  private var told: (run: EventRun, count: Int64)?

  /// The next event, or nil at the end.
  mutating func next() throws(EventDamage) -> NumberEvent? {
    if let (run, count) = told, count < run.count {
      told = (run, count + 1)
      return run[count]
    }
    guard let run = try nextRun() else { return nil }
    told = run.count > 1 ? (run, 1) : nil
    return run.first
  }

  /// The next record, or nil at the end. Not for use beside `next`.
  mutating func nextRun() throws(EventDamage) -> EventRun? {
    guard !input.isAtEnd else { return nil }
    let start = input.position
    let span = try span()
    var event = try group()
    let kind = event.kind
    guard span == 0 || kind.isOfNumber else { throw EventDamage(position: start) }
    if kind != .renewed {
      (event.edition, event.period) = try nextSeries()
      event.serial = try input.difference(from: &base.serial)
      event.last = event.serial
      if kind.isOfRange {
        event.last = event.serial &+ Int64(bitPattern: try input.integer())
        base.serial = event.last
      } else {
        event.generation = try input.integer(as: UInt32.self)
        base.serial = event.serial &+ span
      }
      event.generated = try input.difference(from: &base.generated)
    }
    event.previous = try input.difference(from: &base.previous)
    if kind.isEnd {
      event.lease = try input.difference(from: &base.lease)
      event.renewal = try input.difference(from: &base.renewal)
      event.allocated = try input.difference(from: &base.allocated)
      if !event.currency.isEmpty { event.amountMinor = Int64(bitPattern: try input.integer()) }
    }
    open = event
    return EventRun(first: event, count: span + 1)
  }

  /// How many serials more than one a record is of.
  private mutating func span() throws(EventDamage) -> Int64 {
    let start = input.position
    guard input.isNext(EventFormat.run) else { return 0 }
    _ = try input.byte()
    let span = try input.integer()
    // No call names more numbers.
    guard (1..<UInt64(Limits.numbersPerCall)).contains(span) else {
      throw EventDamage(position: start)
    }
    return Int64(span)
  }

  /// An event with what its group gives it.
  private mutating func group() throws(EventDamage) -> NumberEvent {
    let start = input.position
    let first = try input.byte()
    if first == EventFormat.sameGroup, let open { return open }
    guard let kind = NumberEvent.Kind(rawValue: first) else {
      throw EventDamage(position: start)
    }
    var event = NumberEvent(kind: kind, time: try input.difference(from: &base.time))
    if kind.hasCaller { event.caller = try nextCaller() }
    if kind.hasExpiry {
      event.lease = try input.difference(from: &base.lease)
      if try input.flag() {
        event.expires = try input.difference(from: &base.expiresIn) &+ event.time
      }
    }
    if kind.isReturn {
      event.isRetired = try input.flag()
      if kind == .released { event.reason = try input.text() }
    }
    if kind == .completed { event.currency = try input.text() }
    return event
  }

  private mutating func nextCaller() throws(EventDamage) -> Caller {
    if let place = try place(among: callers.count) { return callers[place] }
    let caller = Caller(principal: try input.text(), holder: try input.text())
    callers.append(caller)
    return caller
  }

  private mutating func nextSeries() throws(EventDamage) -> (edition: Int32, period: Int32) {
    if let place = try place(among: series.count) { return series[place] }
    let edition = try input.signed(as: Int32.self)
    let period = try input.signed(as: Int32.self)
    series.append((edition, period))
    return (edition, period)
  }

  /// Nil: a new one follows.
  private mutating func place(among count: Int) throws(EventDamage) -> Int? {
    let start = input.position
    let value = try input.integer()
    guard value > 0 else { return nil }
    guard value <= UInt64(count) else { throw EventDamage(position: start) }
    return Int(value) - 1
  }
}
