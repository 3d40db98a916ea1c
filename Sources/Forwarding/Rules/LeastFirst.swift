/// Entries of which the one with the least value comes first. One that isn't true any more is for its owner
/// to see, so nothing is ever taken out of the middle.
struct LeastFirst<Key: Sendable>: Sendable {
  private var entries: [(value: Int64, key: Key)] = []

  var first: (value: Int64, key: Key)? { entries.first }
  var count: Int { entries.count }

  mutating func insert(_ key: Key, _ value: Int64) {
    entries.append((value, key))
    var child = entries.count - 1
    while child > 0, entries[child].value < entries[(child - 1) / 2].value {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> (value: Int64, key: Key)? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    guard !entries.isEmpty else { return first }
    entries[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < entries.count && entries[child].value < entries[least].value {
        least = child
      }
      guard least != parent else { return first }
      entries.swapAt(parent, least)
      parent = least
    }
  }

  mutating func removeAll() { entries.removeAll() }
}
