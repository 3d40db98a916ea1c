/// A lease in memory.
///
///     event            live                        expiring
///     renewed          expires = now + ttl         refused: it ran out
///     attached         count + 1                   refused: it ran out
///     number left      count − 1; ends if it is    count − 1; ends at 0
///                      a number's own and at 0
///     time passed      expiring                    returns more of its numbers; ends at 0
struct Lease {
  var pool: Int32
  var id: Int64
  var caller: Int32
  /// µs.
  var ttl: Int64
  /// On the lease clock, µs.
  var expires: Int64
  /// The first of its locks, or -1.
  var first: Int32 = -1
  /// Its numbers, not its locks.
  var count: Int64 = 0
  /// It was made with its numbers, and ends with the last of them.
  var isImplicit: Bool
  /// It has a row of its own. An implicit lease has one from its first renewal on.
  var isStored: Bool
  /// It ran out, and its numbers are being returned.
  var isExpiring = false
  /// The sequence of the event that tells of its last renewal. 0: there was none, or it isn't known.
  var event: Int64 = 0
}

/// All leases, and the order in which they run out: a binary heap in which each lease knows its
/// place, so that one that ends or is renewed leaves nothing behind.
struct LeaseTable {
  private var leases = Slab<Lease>()
  private var places: [Int32] = []
  private var heap: [Int32] = []

  var count: Int { leases.count }

  subscript(_ index: Int32) -> Lease? { leases[index] }

  /// The lease that runs out first.
  var earliest: (index: Int32, expires: Int64)? {
    guard let index = heap.first, let lease = leases[index] else { return nil }
    return (index, lease.expires)
  }

  mutating func insert(_ lease: Lease) -> Int32 {
    let index = leases.insert(lease)
    push(index)
    return index
  }

  mutating func remove(_ index: Int32) {
    pull(index)
    leases.remove(index)
  }

  mutating func restore(_ index: Int32, _ lease: Lease) {
    leases.restore(index, lease)
    push(index)
  }

  /// Changes what has no influence on the order.
  @inline(__always)
  mutating func update(_ index: Int32, _ change: (inout Lease) -> Void) {
    guard var lease = leases[index] else { return }
    change(&lease)
    leases[index] = lease
  }

  mutating func setExpiry(_ index: Int32, _ expires: Int64) {
    leases[index]?.expires = expires
    let place = Int(places[Int(index)])
    siftDown(from: siftUp(from: place))
  }

  private func expires(_ place: Int) -> Int64 { leases[heap[place]]?.expires ?? .max }

  private mutating func push(_ index: Int32) {
    while places.count <= Int(index) { places.append(-1) }
    heap.append(index)
    places[Int(index)] = Int32(truncatingIfNeeded: heap.count - 1)
    _ = siftUp(from: heap.count - 1)
  }

  private mutating func pull(_ index: Int32) {
    let place = Int(places[Int(index)])
    places[Int(index)] = -1
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    places[Int(last)] = Int32(truncatingIfNeeded: place)
    siftDown(from: siftUp(from: place))
  }

  private mutating func siftUp(from start: Int) -> Int {
    var place = start
    while place > 0 {
      let parent = (place - 1) / 2
      guard expires(place) < expires(parent) else { break }
      swap(place, parent)
      place = parent
    }
    return place
  }

  private mutating func siftDown(from start: Int) {
    var place = start
    while true {
      var child = place * 2 + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, expires(child + 1) < expires(child) { child += 1 }
      guard expires(child) < expires(place) else { return }
      swap(place, child)
      place = child
    }
  }

  private mutating func swap(_ one: Int, _ other: Int) {
    heap.swapAt(one, other)
    places[Int(heap[one])] = Int32(truncatingIfNeeded: one)
    places[Int(heap[other])] = Int32(truncatingIfNeeded: other)
  }
}
