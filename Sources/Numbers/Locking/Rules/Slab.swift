/// Elements under small numbers that stay the same; freed places are used again, the last freed
/// first, so that undoing in reverse order gives every element its old place. It grows by chunks:
/// to move millions of elements at once would hold up everybody.
struct Slab<Element> {
  private static var bits: Int { 10 }

  private var chunks: [[Element?]] = []
  /// Places that were ever used.
  private var used = 0
  private var free: [Int32] = []

  var count: Int { used - free.count }

  /// By place; nil where there is none.
  var elements: [Element?] { Array(chunks.joined()) }

  @inline(__always)
  subscript(_ index: Int32) -> Element? {
    get {
      guard index >= 0, Int(index) < used else { return nil }
      return chunks[Int(index) >> Self.bits][Int(index) & ((1 << Self.bits) - 1)]
    }
    // As a call of its own it would allocate a frame for each change.
    @inline(__always)
    _modify {
      yield &chunks[Int(index) >> Self.bits][Int(index) & ((1 << Self.bits) - 1)]
    }
  }

  mutating func insert(_ element: Element) -> Int32 {
    if let index = free.popLast() {
      self[index] = element
      return index
    }
    if used >> Self.bits == chunks.count {
      chunks.append([])
      chunks[chunks.count - 1].reserveCapacity(1 << Self.bits)
    }
    chunks[chunks.count - 1].append(element)
    used += 1
    return Int32(truncatingIfNeeded: used - 1)
  }

  mutating func remove(_ index: Int32) {
    self[index] = nil
    free.append(index)
  }

  /// Undoes the removal that no later change but an undone one followed.
  mutating func restore(_ index: Int32, _ element: Element) {
    let last = free.popLast()
    precondition(last == index, "a slab is restored in reverse order")
    self[index] = element
  }
}
