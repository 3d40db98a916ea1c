/// Collects the events of a pool that one commit brings, in the form of `EventFormat`. What was
/// appended since a mark can be taken back.
struct EventWriter {
  /// What the events of a group have in common.
  struct Group: Equatable {
    var kind: NumberEvent.Kind
    var time: Int64
    /// Its place among the callers of the book; -1 where nobody is named.
    var caller: Int32 = -1
    /// The lease of allocated, reused and renewed.
    var lease: Int64 = 0
    var expires: Int64?
    var isRetired = false
    var reason = ""
    var currency = ""
  }

  /// What each has for itself. `NumberEvent` says what it is of each kind.
  struct Item {
    /// Its place among the series of the book.
    var series: Int32 = -1
    var serial: Int64 = 0
    /// Of a range, its last serial. Else, if it is above `serial`, there is an event for each of the
    /// serials; of ends, `previous` is that of the first, and those of the others follow it.
    var last: Int64 = 0
    var generation: UInt32 = 0
    var generated: Int64 = 0
    var previous: Int64 = 0
    var lease: Int64 = 0
    var renewal: Int64 = 0
    var allocated: Int64 = 0
    var amountMinor: Int64 = 0
  }

  /// How far it was.
  struct Mark {
    fileprivate var bytes: Int32
    fileprivate var count: Int32
    fileprivate var callers: Int32
    fileprivate var series: Int32
    fileprivate var base: EventBase
  }

  private var output = VarintWriter()
  private(set) var count = 0
  private var base = EventBase()
  private var open: Group?
  /// The callers and the series named so far, by their places in the book.
  private var callers: [Int32] = []
  private var series: [Int32] = []

  /// The payload: empty without an event.
  var bytes: [UInt8] { output.bytes }

  var mark: Mark {
    Mark(
      bytes: Int32(truncatingIfNeeded: output.bytes.count), count: Int32(truncatingIfNeeded: count),
      callers: Int32(truncatingIfNeeded: callers.count),
      series: Int32(truncatingIfNeeded: series.count), base: base)
  }

  mutating func undo(to mark: Mark) {
    output.truncate(to: Int(mark.bytes))
    callers.removeLast(callers.count - Int(mark.callers))
    series.removeLast(series.count - Int(mark.series))
    count = Int(mark.count)
    base = mark.base
    open = nil
  }

  /// Appends an event. `caller` and `key` give what the places in the book stand for; they are asked
  /// the first time that a payload names them.
  mutating func append(
    _ group: Group, _ item: Item, caller: (Int32) -> Caller,
    key: (Int32) -> (edition: Int32, period: Int32)
  ) {
    if output.bytes.isEmpty { output.byte(EventFormat.version) }
    let isRun = !group.kind.isOfRange && item.last > item.serial
    if isRun {
      output.byte(EventFormat.run)
      output.integer(UInt64(item.last - item.serial))
    }
    if open == group {
      output.byte(EventFormat.sameGroup)
    } else {
      begin(group, caller)
    }
    let kind = group.kind
    if kind != .renewed {
      write(series: item.series, key)
      output.difference(item.serial, from: &base.serial)
      if kind.isOfRange {
        output.integer(UInt64(bitPattern: item.last &- item.serial))
        base.serial = item.last
      } else {
        output.integer(UInt64(item.generation))
        if isRun { base.serial = item.last }
      }
      output.difference(item.generated, from: &base.generated)
    }
    output.difference(item.previous, from: &base.previous)
    if kind.isEnd {
      output.difference(item.lease, from: &base.lease)
      output.difference(item.renewal, from: &base.renewal)
      output.difference(item.allocated, from: &base.allocated)
      if !group.currency.isEmpty { output.integer(UInt64(bitPattern: item.amountMinor)) }
    }
    count += isRun ? Int(item.last - item.serial) + 1 : 1
  }

  private mutating func begin(_ group: Group, _ caller: (Int32) -> Caller) {
    let kind = group.kind
    output.byte(kind.rawValue)
    output.difference(group.time, from: &base.time)
    if kind.hasCaller { write(caller: group.caller, caller) }
    if kind.hasExpiry {
      output.difference(group.lease, from: &base.lease)
      output.byte(group.expires == nil ? 0 : 1)
      if let expires = group.expires {
        output.difference(expires &- group.time, from: &base.expiresIn)
      }
    }
    if kind.isReturn {
      output.byte(group.isRetired ? 1 : 0)
      if kind == .released { output.text(group.reason) }
    }
    if kind == .completed { output.text(group.currency) }
    open = group
  }

  private mutating func write(caller index: Int32, _ caller: (Int32) -> Caller) {
    if let place = callers.lastIndex(of: index) {
      output.integer(UInt64(place + 1))
      return
    }
    callers.append(index)
    let caller = caller(index)
    output.byte(0)
    output.text(caller.principal)
    output.text(caller.holder)
  }

  private mutating func write(
    series index: Int32, _ key: (Int32) -> (edition: Int32, period: Int32)
  ) {
    if let place = series.lastIndex(of: index) {
      output.integer(UInt64(place + 1))
      return
    }
    series.append(index)
    let key = key(index)
    output.byte(0)
    output.signed(Int64(key.edition))
    output.signed(Int64(key.period))
  }
}
