/// A first-in, first-out line whose last changes can be undone in reverse order: what was taken
/// stays in place until `forget`.
struct Line<Element> {
  private var items: [Element] = []
  private var head = 0

  var count: Int { items.count - head }
  var isEmpty: Bool { count == 0 }

  /// The element at `offset` places behind the first.
  subscript(_ offset: Int) -> Element { items[head + offset] }

  var waiting: ArraySlice<Element> { items[head...] }

  mutating func append(_ element: Element) { items.append(element) }
  mutating func undoAppend() { items.removeLast() }
  mutating func takeFirst(_ count: Int) { head += count }
  mutating func undoTakeFirst(_ count: Int) { head -= count }

  /// Frees what was taken, once nothing can be undone any more.
  mutating func forget() {
    if head > 64, head * 2 > items.count {
      items.removeFirst(head)
      head = 0
    }
  }
}
