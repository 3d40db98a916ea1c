// The part of a unit's queue that is in memory: the keys of its oldest orders, each with the order whose turn
// it is and some of those behind it. The queue itself is bits (PlaceBlocks), so a long one takes little.
//
//     line       takeReady    returned, no delay  returned, delay  time has come  finished; others of its key  finished; none
//     ready      given        –                   –                –              –                            –
//     given      –            ready               parked           –              ready, parked or sought¹     gone
//     parked     –            –                   –                ready          –                            –
//
// ¹ no order of it is near: it has no line until the search comes to one (KeySearch).
//
// Invariants: an order before the cursor that is queued is the first of its key's line, in the line's rest, at or
// behind the line's `more`, ahead of the search for its key, or of a key that is stopped. A line has at most one
// order given. The rest is in order and behind the first, unless an order comes in front of one that is given.

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

/// How much a window has in memory, and looks at in one go.
struct WindowBounds: Sendable, Equatable {
  /// Those that are parked aren't counted: each has failed, and those have a limit of their own.
  var keys = ForwardingLimits.keysInWindow
  var ordersBehindFirst = ForwardingLimits.ordersBehindFirst
  var ordersPerLook = ForwardingLimits.ordersPerLook
  var ordersPerFill = ForwardingLimits.ordersPerFill
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

  private let bounds: WindowBounds
  private(set) var lines: [UInt64: Line] = [:]
  private(set) var readyCount = 0
  private var parkedCount = 0
  private var search = KeySearch()
  /// By sequence and by time; entries may be out of date.
  private var ready = LeastFirst<UInt64>()
  private var parked = LeastFirst<UInt64>()
  /// Orders from here on weren't looked at.
  private(set) var cursor: Int64 = 1
  /// There was more to look at than may be looked at in one go.
  private(set) var isBehind = false

  init(_ bounds: WindowBounds = WindowBounds()) { self.bounds = bounds }

  /// When the next parked order may go out.
  var due: Int64? { parked.first?.value }

  /// The next orders of some keys haven't been found yet.
  var isSearching: Bool { search.count > 0 }

  /// Looks for orders of more keys, if few are ready.
  mutating func fill(_ view: QueueView) {
    isBehind = false
    // What isn't kept any more may be long.
    cursor = max(cursor, view.start)
    guard readyCount < ForwardingLimits.readyKeys else { return }
    var room = bounds.ordersPerFill
    while readyCount < 2 * ForwardingLimits.readyKeys,
      lines.count - parkedCount + search.count < bounds.keys
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

  /// Goes on looking for the next orders of keys that have none in memory.
  mutating func goOnSearching(_ view: QueueView) {
    var room = bounds.ordersPerFill
    while search.goesOn() {
      guard
        let sequence = view.places.first(
          at: UnitPlace.queued.rawValue, from: search.position, through: cursor - 1)
      else {
        search.endPass()
        continue
      }
      guard room > 0 else { return }
      room -= 1
      let key = view.keys[sequence]
      guard search.comes(to: sequence, of: key) else { continue }
      begin(key, Line(first: sequence, more: sequence + 1), view)
    }
  }

  /// Takes an order in that is before the cursor.
  mutating func add(_ sequence: Int64, _ view: QueueView) {
    let key = view.keys[sequence]
    guard view.stopped[key] == nil else { return }
    guard let place = lines.index(forKey: key) else {
      switch search.arrives(sequence, of: key) {
      case .ofAnother: begin(key, Line(first: sequence), view)
      case .first(let more): begin(key, Line(first: sequence, more: more), view)
      case .ahead: break
      }
      return
    }
    let line = lines.values[place]
    guard sequence != line.first, line.more == 0 || sequence < line.more else { return }
    if sequence < line.first, line.state != .given {
      lines.values[place].first = sequence
      lines.values[place].insert(line.first, bounds)
      settle(key, at: place, view)
    } else {
      lines.values[place].insert(sequence, bounds)
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
    if line.rest.isEmpty, line.more != 0 {
      line.load(key, before: cursor, bounds, view)
      if line.rest.isEmpty, line.more != 0 { return search.seek(key, from: line.more) }
    }
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
    parkedCount = 0
    search = KeySearch()
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
    if line.more >= cursor { line.more = 0 }
    begin(key, line, view)
    return true
  }

  /// An order came in front of the one that was given and is back.
  private mutating func settleEarlier(at place: Dictionary<UInt64, Line>.Index) {
    let line = lines.values[place]
    guard let earlier = line.rest.first, earlier < line.first else { return }
    lines.values[place].rest.removeFirst()
    lines.values[place].first = earlier
    lines.values[place].insert(line.first, bounds)
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
    switch lines.values[place].state {
    case .ready: readyCount -= 1
    case .parked: parkedCount -= 1
    case .given: break
    }
    lines.values[place].state = state
    has(key, lines.values[place].first, state)
  }

  /// A line has a state that it hadn't.
  private mutating func has(_ key: UInt64, _ first: Int64, _ state: State) {
    switch state {
    case .ready:
      readyCount += 1
      ready.insert(key, first)
    case .parked(let until):
      parkedCount += 1
      parked.insert(key, until)
    case .given: break
    }
  }
}

extension KeyWindow.Line {
  /// Keeps the rest in order and short. What comes may have been found already, as a line that was used up
  /// is filled before the arrivals of a batch are taken in.
  fileprivate mutating func insert(_ sequence: Int64, _ bounds: WindowBounds) {
    let place = rest.lastIndex { $0 < sequence }.map { $0 + 1 } ?? 0
    guard place == rest.count || rest[place] != sequence else { return }
    rest.insert(sequence, at: place)
    guard rest.count > bounds.ordersBehindFirst else { return }
    let last = rest.removeLast()
    more = more == 0 ? last : min(more, last)
  }

  /// Looks for those of its key that aren't in memory, if they are near.
  fileprivate mutating func load(
    _ key: UInt64, before cursor: Int64, _ bounds: WindowBounds, _ view: QueueView
  ) {
    var room = bounds.ordersPerLook
    while let sequence = view.places.first(
      at: UnitPlace.queued.rawValue, from: more, through: cursor - 1)
    {
      guard room > 0, rest.count < bounds.ordersBehindFirst else { return }
      room -= 1
      more = sequence + 1
      if view.keys[sequence] == key { rest.append(sequence) }
    }
    more = 0
  }
}
