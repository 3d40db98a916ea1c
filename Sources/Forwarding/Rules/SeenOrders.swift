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
  /// Orders of lower sequences are known no more; may be lowered again until `forget`.
  var floor: Int64 = 1
  /// Where the floor was at `forget`: slots below it may be given to others.
  private var forgotten: Int64 = 1

  private func segment(_ identity: UInt64) -> Int { Int(identity >> (64 - Self.segmentBits)) }

  func find(_ identity: UInt64) -> Slot? {
    let slots = segments[segment(identity)].slots
    guard !slots.isEmpty else { return nil }
    var index = Self.home(identity, slots.count)
    while slots[index].sequence != 0 {
      let slot = slots[index]
      if slot.identity == identity, slot.sequence >= floor { return slot }
      index = (index + 1) & (slots.count - 1)
    }
    return nil
  }

  /// It isn't there yet; its sequence is 1 or more.
  mutating func insert(_ slot: Slot) {
    segments[segment(slot.identity)].insert(slot, above: forgotten)
  }

  /// The floor stays where it is, or rises; says whether it has risen.
  mutating func forget() -> Bool {
    guard floor != forgotten else { return false }
    forgotten = floor
    return true
  }

  /// Takes back an insertion.
  mutating func remove(_ identity: UInt64) {
    segments[segment(identity)].remove(identity, above: floor)
  }

  fileprivate static func home(_ identity: UInt64, _ size: Int) -> Int {
    Int(truncatingIfNeeded: identity) & (size - 1)
  }
}

extension SeenOrders.Segment {
  fileprivate mutating func insert(_ slot: SeenOrders.Slot, above floor: Int64) {
    if (used + 1) * 4 > slots.count * 3 { makeRoom(above: floor) }
    place(slot)
    used += 1
  }

  private mutating func place(_ slot: SeenOrders.Slot) {
    var index = SeenOrders.home(slot.identity, slots.count)
    while slots[index].sequence != 0 { index = (index + 1) & (slots.count - 1) }
    slots[index] = slot
  }

  /// Those taken back or forgotten are left out; a table half full of others grows.
  private mutating func makeRoom(above floor: Int64) {
    let old = slots.filter { $0.sequence >= floor }
    let isHalfFull = old.count * 2 >= slots.count
    slots = Array(
      repeating: SeenOrders.empty, count: max(8, isHalfFull ? slots.count * 2 : slots.count))
    for slot in old { place(slot) }
    used = old.count
  }

  fileprivate mutating func remove(_ identity: UInt64, above floor: Int64) {
    guard !slots.isEmpty else { return }
    var index = SeenOrders.home(identity, slots.count)
    while slots[index].sequence != 0 {
      if slots[index].identity == identity, slots[index].sequence >= floor {
        slots[index].sequence = -1
        return
      }
      index = (index + 1) & (slots.count - 1)
    }
  }
}
