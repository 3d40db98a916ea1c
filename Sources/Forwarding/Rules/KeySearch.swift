// Keys whose next order isn't in memory. One pass through the queue looks for all of them, as one for each would
// be as long as the queue for every key.
//
//     key       sought           the pass comes to an order of it   the pass ends
//     unknown   now, or next¹    –                                  –
//     now       –                unknown: it is found               unknown: it has none
//     next      –                next                               now
//
// ¹ if the pass is behind where it may be already.

/// Which keys are looked for, from where on, and how far that is.
struct KeySearch: Sendable {
  /// Keys of this pass, and of the next one: an order of the key may be from this sequence on.
  private var now: [UInt64: Int64] = [:]
  private var next: [UInt64: Int64] = [:]
  /// The pass goes on here.
  private(set) var position: Int64 = 0

  var count: Int { now.count + next.count }

  mutating func seek(_ key: UInt64, from start: Int64) {
    if now.isEmpty, next.isEmpty { position = start }
    if start >= position { now[key] = start } else { next[key] = start }
  }

  /// Whether there is anything to look for; begins a pass if none is under way.
  mutating func goesOn() -> Bool {
    guard now.isEmpty else { return true }
    guard let start = next.values.min() else { return false }
    position = start
    swap(&now, &next)
    return true
  }

  /// The pass has come to the next order of the queue; whether its key is sought. It is no longer.
  mutating func comes(to sequence: Int64, of key: UInt64) -> Bool {
    position = sequence + 1
    guard let start = now[key], start <= sequence else { return false }
    now[key] = nil
    return true
  }

  /// The pass has come to the end of what was looked at: there are no orders of the keys left.
  mutating func endPass() { now.removeAll(keepingCapacity: true) }

  enum Arrival: Equatable {
    /// The key isn't sought.
    case ofAnother
    /// The search will come to it.
    case ahead
    /// It is the first of its key, which isn't sought any longer: others may be from `more` on.
    case first(more: Int64)
  }

  /// An order comes that wasn't in the queue.
  mutating func arrives(_ sequence: Int64, of key: UInt64) -> Arrival {
    if let start = now[key] {
      let passed = max(start, position)
      guard sequence < passed else { return .ahead }
      now[key] = nil
      return .first(more: passed)
    }
    guard let start = next[key] else { return .ofAnother }
    guard sequence < start else { return .ahead }
    next[key] = nil
    return .first(more: start)
  }
}
