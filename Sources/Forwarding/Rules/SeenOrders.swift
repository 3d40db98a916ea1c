/// The orders that are kept, by the hash of what makes them the same one: 24 bytes a slot, open addressing,
/// in segments that grow one by one, since growing a table of millions at once would hold up everybody.
///
/// Two orders with the same hash, of 64 keyed bits, are taken for one: of four million kept orders a new
/// one meets such a hash with a chance of 1 to 4 million million, and is then refused, as its content
/// differs.
struct SeenOrders: Sendable {
  struct Slot: Sendable, Equatable {
    var identity: UInt64
    var content: UInt64
    /// 0: empty; -1: was taken back.
    var sequence: Int64
  }

  fileprivate struct Segment: Sendable {
    var slots: [Slot] = []
    /// Those taken back are counted.
    var used = 0
  }

  fileprivate static let empty = Slot(identity: 0, content: 0, sequence: 0)
  private static let segmentBits: UInt64 = 6
  private var segments = Array(repeating: Segment(), count: 1 << Int(segmentBits))
  private(set) var count = 0

  private func segment(_ identity: UInt64) -> Int { Int(identity >> (64 - Self.segmentBits)) }

  func find(_ identity: UInt64) -> Slot? {
    let slots = segments[segment(identity)].slots
    guard !slots.isEmpty else { return nil }
    var index = Self.home(identity, slots.count)
    while slots[index].sequence != 0 {
      if slots[index].identity == identity, slots[index].sequence > 0 { return slots[index] }
      index = (index + 1) & (slots.count - 1)
    }
    return nil
  }

  /// It isn't there yet; its sequence is 1 or more.
  mutating func insert(_ slot: Slot) {
    segments[segment(slot.identity)].insert(slot)
    count += 1
  }

  /// Takes back an insertion.
  mutating func remove(_ identity: UInt64) {
    if segments[segment(identity)].remove(identity) { count -= 1 }
  }

  fileprivate static func home(_ identity: UInt64, _ size: Int) -> Int {
    Int(truncatingIfNeeded: identity) & (size - 1)
  }
}

extension SeenOrders.Segment {
  fileprivate mutating func insert(_ slot: SeenOrders.Slot) {
    if (used + 1) * 4 > slots.count * 3 { grow() }
    place(slot)
    used += 1
  }

  private mutating func place(_ slot: SeenOrders.Slot) {
    var index = SeenOrders.home(slot.identity, slots.count)
    while slots[index].sequence != 0 { index = (index + 1) & (slots.count - 1) }
    slots[index] = slot
  }

  /// Those taken back are left out.
  private mutating func grow() {
    let old = slots.filter { $0.sequence > 0 }
    slots = Array(repeating: SeenOrders.empty, count: max(8, slots.count * 2))
    for slot in old { place(slot) }
    used = old.count
  }

  fileprivate mutating func remove(_ identity: UInt64) -> Bool {
    guard !slots.isEmpty else { return false }
    var index = SeenOrders.home(identity, slots.count)
    while slots[index].sequence != 0 {
      if slots[index].identity == identity, slots[index].sequence > 0 {
        slots[index].sequence = -1
        return true
      }
      index = (index + 1) & (slots.count - 1)
    }
    return false
  }
}
