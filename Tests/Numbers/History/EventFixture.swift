@testable import Numbers

/// Writes events as a book would, with places of callers and series of its own.
struct EventFixture {
  private(set) var writer = EventWriter()
  private(set) var events: [NumberEvent] = []
  private var callers: [Caller] = []
  private var series: [[Int32]] = []

  var bytes: [UInt8] { writer.bytes }

  /// Appends the event, or one record of it and the same of the serials behind it.
  mutating func append(_ event: NumberEvent, count: Int64 = 1) {
    let caller = place(of: event.caller, in: \.callers)
    let series = place(of: [event.edition, event.period], in: \.series)
    writer.append(
      EventWriter.Group(
        kind: event.kind, time: event.time, caller: caller, lease: event.lease,
        expires: event.expires, isRetired: event.isRetired, reason: event.reason,
        currency: event.currency),
      EventWriter.Item(
        series: series, serial: event.serial, last: event.last + (count - 1),
        generation: event.generation,
        generated: event.generated, previous: event.previous, lease: event.lease,
        renewal: event.renewal, allocated: event.allocated, amountMinor: event.amountMinor),
      caller: { [callers] in callers[Int($0)] },
      key: { [series = self.series] in (series[Int($0)][0], series[Int($0)][1]) })
    for offset in 0..<count {
      var event = event
      if offset > 0 {
        event.serial += offset
        event.last = event.serial
        if event.kind.isEnd { event.previous += offset }
      }
      events.append(event)
    }
  }

  /// Does `body`, and takes it back.
  mutating func inVain(_ body: (inout EventFixture) -> Void) {
    let mark = writer.mark
    let count = events.count
    body(&self)
    writer.undo(to: mark)
    events.removeLast(events.count - count)
  }

  private mutating func place<Value: Equatable>(
    of value: Value, in known: WritableKeyPath<EventFixture, [Value]>
  ) -> Int32 {
    if let place = self[keyPath: known].firstIndex(of: value) { return Int32(place) }
    self[keyPath: known].append(value)
    return Int32(self[keyPath: known].count - 1)
  }
}

extension EventReader {
  /// All events of a payload.
  static func events(_ payload: [UInt8]) throws(EventDamage) -> [NumberEvent] {
    var reader = try EventReader(payload)
    var events: [NumberEvent] = []
    while let event = try reader.next() { events.append(event) }
    return events
  }
}

extension EventReader {
  /// How many records a payload has.
  static func records(_ payload: [UInt8]) throws(EventDamage) -> Int {
    var reader = try EventReader(payload)
    var records = 0
    while try reader.nextRun() != nil { records += 1 }
    return records
  }
}

extension NumberEvent {
  /// Any event of a kind, values at their bounds included.
  static func random(_ kind: Kind, using random: inout SeededRandom) -> NumberEvent {
    func integer(_ usual: ClosedRange<Int64>, _ random: inout SeededRandom) -> Int64 {
      switch Int.random(in: 0..<20, using: &random) {
      case 0: [.min, .max, 0, -1, 1].randomElement(using: &random) ?? 0
      default: Int64.random(in: usual, using: &random)
      }
    }
    let holders = ["", "me", "checkout-17", String(repeating: "ü", count: 64)]
    var event = NumberEvent(kind: kind, time: integer(0...1_800_000_000_000_000, &random))
    if kind.hasCaller {
      event.caller = Caller(
        principal: holders.randomElement(using: &random) ?? "",
        holder: holders.randomElement(using: &random) ?? "")
    }
    if kind.hasExpiry || kind.isEnd { event.lease = integer(0...1_000, &random) }
    if kind.hasExpiry, Bool.random(using: &random) {
      event.expires = integer(0...2_000_000_000_000_000, &random)
    }
    if kind != .renewed {
      event.edition = Int32.random(in: 0...3, using: &random)
      event.period = Int32.random(in: -1...2, using: &random)
      event.serial = integer(1...1_000_000, &random)
      event.last = kind.isOfRange ? integer(1...2_000_000, &random) : event.serial
      event.generation = kind.isOfRange ? 0 : UInt32.random(in: 0...UInt32.max, using: &random)
      event.generated = integer(0...1_800_000_000_000_000, &random)
    }
    event.previous = integer(0...10_000_000, &random)
    if kind.isEnd {
      event.renewal = integer(0...10_000_000, &random)
      event.allocated = integer(0...1_800_000_000_000_000, &random)
    }
    if kind.isReturn { event.isRetired = Bool.random(using: &random) }
    if kind == .released { event.reason = holders.randomElement(using: &random) ?? "" }
    if kind == .completed, Bool.random(using: &random) {
      event.currency = ["CNY", "EUR"].randomElement(using: &random) ?? ""
      event.amountMinor = integer(0...100_000, &random)
    }
    return event
  }
}
