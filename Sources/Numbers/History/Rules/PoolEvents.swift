/// What one commit brings to the lives of a pool's numbers: payloads, one after another, of a bounded
/// number of events each, for whoever reads or shows one does so as a whole.
struct PoolEvents {
  /// How far it was.
  struct Mark {
    fileprivate var full: Int32
    fileprivate var writer: EventWriter.Mark
  }

  private var full: [EventWriter] = []
  private var last = EventWriter()
  private var fullCount = 0

  /// All events.
  var count: Int { fullCount + last.count }
  /// Those with an event, in order.
  var payloads: [EventWriter] { last.count > 0 ? full + [last] : full }

  var mark: Mark { Mark(full: Int32(truncatingIfNeeded: full.count), writer: last.mark) }

  mutating func undo(to mark: Mark) {
    while full.count > Int(mark.full), let writer = full.popLast() {
      last = writer
      fullCount -= writer.count
    }
    last.undo(to: mark.writer)
  }

  /// Forgets all events: they are stored. The memory goes too, for there may be many pools.
  mutating func removeAll() { self = PoolEvents() }

  /// Appends an event, as `EventWriter` does.
  mutating func append(
    _ group: EventWriter.Group, _ item: EventWriter.Item, caller: (Int32) -> Caller,
    key: (Int32) -> (edition: Int32, period: Int32)
  ) {
    if last.count >= Limits.eventsPerPayload {
      fullCount += last.count
      full.append(last)
      last = EventWriter()
    }
    last.append(group, item, caller: caller, key: key)
  }
}
