/// Elements in one array under small numbers that stay the same; freed places are used again, the
/// last freed first, so that undoing in reverse order gives every element its old place.
struct Slab<Element> {
  private(set) var elements: [Element?] = []
  private var free: [Int32] = []

  var count: Int { elements.count - free.count }

  @inline(__always)
  subscript(_ index: Int32) -> Element? {
    get {
      index >= 0 && Int(index) < elements.count ? elements[Int(index)] : nil
    }
    _modify { yield &elements[Int(index)] }
  }

  mutating func insert(_ element: Element) -> Int32 {
    if let index = free.popLast() {
      elements[Int(index)] = element
      return index
    }
    elements.append(element)
    return Int32(truncatingIfNeeded: elements.count - 1)
  }

  mutating func remove(_ index: Int32) {
    elements[Int(index)] = nil
    free.append(index)
  }

  /// Undoes the removal that no later change but an undone one followed.
  mutating func restore(_ index: Int32, _ element: Element) {
    let last = free.popLast()
    precondition(last == index, "a slab is restored in reverse order")
    elements[Int(index)] = element
  }
}
