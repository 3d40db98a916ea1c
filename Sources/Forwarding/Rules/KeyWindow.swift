// The part of a unit's queue that is in memory: the keys of its oldest orders, each with the order whose turn
// it is and some of those behind it. The queue itself is bits (PlaceBlocks), so a long one takes little.
//
//     line       takeReady    returned, no delay  returned, delay  time has come  finished; others of its key  finished; none
//     ready      given        –                   –                –              –                            –
//     given      –            ready               parked           –              ready or parked              gone
//     parked     –            –                   –                ready          –                            –
//
// Invariants: an order before the cursor that is queued is the first of its key's line, in the line's rest, at or
// behind the line's `more`, or of a key that is stopped. A line has at most one order given. The rest
// is in order and behind the first, unless an order comes in front of one that is given.

/// What a window looks at.
struct QueueView {
  let places: PlaceBlocks
  let keys: OrderKeys
  /// The sequences of the oldest order that is kept, and of the newest.
  let start: Int64
  let end: Int64
  let failures: [Int64: OrderFailures]
  /// Keys that wait until their dead letters are dealt with.
  let stopped: [UInt64: Int]
  /// Boot time, µs.
  let now: Int64
}

/// The oldest orders of a unit's queue, by key.
struct KeyWindow: Sendable {
  enum State: Sendable, Equatable {
    case ready
    case given
    case parked(until: Int64)
  }

  struct Line: Sendable {
    var first: Int64
    var rest: [Int64] = []
    /// From this sequence on to the cursor, orders of the key aren't in memory; 0: all are.
    var more: Int64 = 0
    var state = State.given
  }

  private(set) var lines: [UInt64: Line] = [:]
  private(set) var readyCount = 0
  /// By sequence and by time; entries may be out of date.
  private var ready = LeastFirst<UInt64>()
  private var parked = LeastFirst<UInt64>()
  /// Orders from here on weren't looked at.
  private(set) var cursor: Int64 = 1
  /// There was more to look at than may be looked at in one go.
  private(set) var isBehind = false

  /// When the next parked order may go out.
  var due: Int64? { parked.first?.value }

  /// Looks for orders of more keys, if few are ready.
  mutating func fill(_ view: QueueView) {
    isBehind = false
    // What isn't kept any more may be long.
    cursor = max(cursor, view.start)
    guard readyCount < ForwardingLimits.readyKeys else { return }
    var room = ForwardingLimits.ordersPerFill
    while readyCount < 2 * ForwardingLimits.readyKeys,
      lines.count < ForwardingLimits.keysInWindow
    {
      guard
        let sequence = view.places.first(
          at: UnitPlace.queued.rawValue, from: cursor, through: view.end)
      else {
        cursor = view.end + 1
        return
      }
      guard room > 0 else {
        isBehind = true
        return
      }
      room -= 1
      cursor = sequence + 1
      add(sequence, view)
    }
  }

  /// Takes an order in that is before the cursor.
  mutating func add(_ sequence: Int64, _ view: QueueView) {
    let key = view.keys[sequence]
    guard view.stopped[key] == nil else { return }
    guard let place = lines.index(forKey: key) else {
      return begin(key, Line(first: sequence), view)
    }
    let line = lines.values[place]
    guard sequence != line.first, line.more == 0 || sequence < line.more else { return }
    if sequence < line.first, line.state != .given {
      lines.values[place].first = sequence
      lines.values[place].insert(line.first)
      settle(key, at: place, view)
    } else {
      lines.values[place].insert(sequence)
    }
  }

  /// The oldest order after a sequence whose turn it is.
  mutating func takeReady(after start: Int64 = 0) -> (key: UInt64, sequence: Int64)? {
    var passed: [(Int64, UInt64)] = []
    defer { for (sequence, key) in passed { ready.insert(key, sequence) } }
    while let (sequence, key) = ready.popFirst() {
      guard let place = lines.index(forKey: key), lines.values[place].state == .ready,
        lines.values[place].first == sequence
      else { continue }
      guard sequence > start else {
        passed.append((sequence, key))
        continue
      }
      set(key, at: place, .given)
      return (key, sequence)
    }
    return nil
  }

  /// An order that was given is in the queue again.
  mutating func returned(_ key: UInt64, _ view: QueueView) {
    guard let place = lines.index(forKey: key), lines.values[place].state == .given else { return }
    guard view.stopped[key] == nil else {
      lines.remove(at: place)
      return
    }
    guard !leaveToScan(key, at: place, view) else { return }
    settleEarlier(at: place)
    settle(key, at: place, view)
  }

  /// An order that was given isn't in the queue any more: the next of its key has its turn.
  mutating func finished(_ key: UInt64, _ view: QueueView) {
    guard let place = lines.index(forKey: key), !leaveToScan(key, at: place, view) else { return }
    var line = lines.remove(at: place).value
    guard view.stopped[key] == nil else { return }
    if line.rest.isEmpty, line.more != 0 { line.load(key, before: cursor, view) }
    guard !line.rest.isEmpty else { return }
    line.first = line.rest.removeFirst()
    begin(key, line, view)
  }

  /// Those whose time has come are ready.
  mutating func wake(at now: Int64) {
    while let (due, _) = parked.first, due <= now, let (_, key) = parked.popFirst() {
      guard let place = lines.index(forKey: key) else { continue }
      if case .parked(let until) = lines.values[place].state, until <= now {
        set(key, at: place, .ready)
      }
    }
  }

  /// Looks at the whole queue anew, as orders came into its middle. Those given stay so.
  mutating func rebuild() {
    lines = lines.filter { $0.value.state == .given }
    for (key, line) in lines {
      lines[key]?.rest = []
      lines[key]?.more = line.first + 1
    }
    readyCount = 0
    ready.removeAll()
    parked.removeAll()
    cursor = 1
  }

  /// The queue is looked at anew, and that hasn't come to what was given: it will find that, and what is
  /// behind it. What is in front of it was found already.
  private mutating func leaveToScan(
    _ key: UInt64, at place: Dictionary<UInt64, Line>.Index, _ view: QueueView
  ) -> Bool {
    guard cursor <= lines.values[place].first else { return false }
    var line = lines.remove(at: place).value
    guard !line.rest.isEmpty, view.stopped[key] == nil else { return true }
    line.first = line.rest.removeFirst()
    line.more = 0
    begin(key, line, view)
    return true
  }

  /// An order came in front of the one that was given and is back.
  private mutating func settleEarlier(at place: Dictionary<UInt64, Line>.Index) {
    let line = lines.values[place]
    guard let earlier = line.rest.first, earlier < line.first else { return }
    lines.values[place].rest.removeFirst()
    lines.values[place].first = earlier
    lines.values[place].insert(line.first)
  }

  /// A line that isn't there.
  private mutating func begin(_ key: UInt64, _ line: Line, _ view: QueueView) {
    var line = line
    line.state = state(of: line.first, view)
    lines[key] = line
    has(key, line.first, line.state)
  }

  private mutating func settle(
    _ key: UInt64, at place: Dictionary<UInt64, Line>.Index, _ view: QueueView
  ) {
    set(key, at: place, state(of: lines.values[place].first, view))
  }

  private func state(of first: Int64, _ view: QueueView) -> State {
    let due = view.failures[first]?.due ?? 0
    return due > view.now ? .parked(until: due) : .ready
  }

  private mutating func set(
    _ key: UInt64, at place: Dictionary<UInt64, Line>.Index, _ state: State
  ) {
    if lines.values[place].state == .ready { readyCount -= 1 }
    lines.values[place].state = state
    has(key, lines.values[place].first, state)
  }

  /// A line has a state that it hadn't.
  private mutating func has(_ key: UInt64, _ first: Int64, _ state: State) {
    switch state {
    case .ready:
      readyCount += 1
      ready.insert(key, first)
    case .parked(let until): parked.insert(key, until)
    case .given: break
    }
  }
}

extension KeyWindow.Line {
  /// Keeps the rest in order and short.
  fileprivate mutating func insert(_ sequence: Int64) {
    let place = rest.lastIndex { $0 < sequence }.map { $0 + 1 } ?? 0
    rest.insert(sequence, at: place)
    guard rest.count > ForwardingLimits.ordersBehindFirst else { return }
    let last = rest.removeLast()
    more = more == 0 ? last : min(more, last)
  }

  /// Looks for those of its key that aren't in memory.
  fileprivate mutating func load(_ key: UInt64, before cursor: Int64, _ view: QueueView) {
    var start = more
    more = 0
    while let sequence = view.places.first(
      at: UnitPlace.queued.rawValue, from: start, through: cursor - 1)
    {
      start = sequence + 1
      guard view.keys[sequence] == key else { continue }
      guard rest.count < ForwardingLimits.ordersBehindFirst else {
        more = sequence
        return
      }
      rest.append(sequence)
    }
  }
}
