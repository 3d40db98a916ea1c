/// What is due when: the earliest first. An entry that isn't true any more is for its owner to see, so
/// nothing is ever taken out of the middle.
package struct DueHeap<Key: Sendable>: Sendable {
  private var entries: [(due: Int64, key: Key)] = []

  package init() {}

  package var earliest: Int64? { entries.first?.due }
  package var count: Int { entries.count }

  package mutating func insert(_ key: Key, due: Int64) {
    entries.append((due, key))
    var child = entries.count - 1
    while child > 0, entries[child].due < entries[(child - 1) / 2].due {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes out the earliest, if it is due at `now`.
  package mutating func popDue(at now: Int64) -> Key? {
    guard let first = entries.first, first.due <= now else { return nil }
    let last = entries.removeLast()
    guard !entries.isEmpty else { return first.key }
    entries[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < entries.count && entries[child].due < entries[least].due {
        least = child
      }
      guard least != parent else { return first.key }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
