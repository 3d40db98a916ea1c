/// Where each remembered request lies: 32 bits of its key's hash -> its sequence. Open addressing,
/// 8 bytes a slot; a hit is only a candidate, the row has the whole key.
///
/// It is in segments that grow one by one, since growing a table of millions at once would hold up
/// everybody for tens of milliseconds.
struct RequestTable {
  private var segments: [Segment]
  private(set) var count = 0

  private static let segmentBits: UInt32 = 8

  init() { segments = Array(repeating: Segment(), count: 1 << Self.segmentBits) }

  static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) }

  private func index(_ tag: UInt32) -> Int { Int(tag >> (32 - Self.segmentBits)) }

  /// All candidates; `newest` is at least every sequence in the table.
  func sequences(_ tag: UInt32, newest: Int64) -> [Int64] {
    segments[index(tag)].sequences(tag, newest: newest)
  }

  /// `sequence` mustn't be a multiple of 2^32: that is how an empty slot looks.
  mutating func insert(_ tag: UInt32, _ sequence: Int64) {
    segments[index(tag)].insert(tag, UInt32(truncatingIfNeeded: sequence))
    count += 1
  }

  mutating func remove(_ tag: UInt32, _ sequence: Int64) {
    if segments[index(tag)].remove(tag, UInt32(truncatingIfNeeded: sequence)) { count -= 1 }
  }

  private struct Segment {
    /// Tag above, low half of the sequence below; 0 is empty.
    private var slots: [UInt64] = []
    private var count = 0

    /// The bits below those that chose the segment.
    private func home(_ tag: UInt32) -> Int {
      Int((UInt64(tag << RequestTable.segmentBits) &* UInt64(slots.count)) >> 32)
    }

    private func after(_ index: Int) -> Int { (index + 1) & (slots.count - 1) }

    func sequences(_ tag: UInt32, newest: Int64) -> [Int64] {
      guard !slots.isEmpty else { return [] }
      var found: [Int64] = []
      var index = home(tag)
      while slots[index] != 0 {
        if UInt32(slots[index] >> 32) == tag {
          let low = UInt32(truncatingIfNeeded: slots[index])
          // All that is kept lies within 2^32 of the newest, so the low half tells it all.
          found.append(newest - Int64(UInt32(truncatingIfNeeded: newest) &- low))
        }
        index = after(index)
      }
      return found
    }

    mutating func insert(_ tag: UInt32, _ sequence: UInt32) {
      if (count + 1) * 4 > slots.count * 3 { grow() }
      place(UInt64(tag) << 32 | UInt64(sequence))
      count += 1
    }

    private mutating func place(_ slot: UInt64) {
      var index = home(UInt32(slot >> 32))
      while slots[index] != 0 { index = after(index) }
      slots[index] = slot
    }

    private mutating func grow() {
      let old = slots
      slots = Array(repeating: 0, count: max(8, old.count * 2))
      for slot in old where slot != 0 { place(slot) }
    }

    mutating func remove(_ tag: UInt32, _ sequence: UInt32) -> Bool {
      guard !slots.isEmpty else { return false }
      var hole = home(tag)
      while slots[hole] != UInt64(tag) << 32 | UInt64(sequence) {
        guard slots[hole] != 0 else { return false }
        hole = after(hole)
      }
      // What follows moves up, as far as its home allows, so that no search stops at the hole.
      var index = after(hole)
      while slots[index] != 0 {
        let wanted = home(UInt32(slots[index] >> 32))
        let mask = slots.count - 1
        if (index - wanted) & mask >= (index - hole) & mask {
          slots[hole] = slots[index]
          hole = index
        }
        index = after(index)
      }
      slots[hole] = 0
      count -= 1
      return true
    }
  }
}
