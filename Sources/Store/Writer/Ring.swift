/// A first-in, first-out queue without a move of its elements.
struct Ring<Element> {
  private var slots: [Element?] = []
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// The element so many places behind the first.
  subscript(place: Int) -> Element? {
    guard (0..<count).contains(place) else { return nil }
    return slots[(head + place) & (slots.count - 1)]
  }

  mutating func append(_ element: Element) {
    if count == slots.count { grow() }
    slots[(head + count) & (slots.count - 1)] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[head]
    slots[head] = nil
    head = (head + 1) & (slots.count - 1)
    count -= 1
    return element
  }

  private mutating func grow() {
    var larger: [Element?] = []
    larger.reserveCapacity(max(4, slots.count * 2))
    for index in 0..<count { larger.append(slots[(head + index) & (slots.count - 1)]) }
    while larger.count < max(4, slots.count * 2) { larger.append(nil) }
    slots = larger
    head = 0
  }
}
