/// Bytes in, bytes out, in one block of memory that is used again once it is empty.
/// Confined to its owner's loop.
package struct ByteQueue: ~Copyable {
  private let keptCapacity: Int
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0
  private var head = 0
  private var tail = 0

  /// One that keeps up to so much memory when it runs empty; more is given back.
  package init(keeping keptCapacity: Int = 16 * 1024) { self.keptCapacity = keptCapacity }

  deinit { memory?.deallocate() }

  package var count: Int { tail - head }
  package var isEmpty: Bool { head == tail }

  /// What is in the queue; valid until the next change.
  package var bytes: UnsafeRawBufferPointer {
    guard let memory else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(start: memory + head, count: tail - head)
  }

  /// Makes room for `count` bytes at the end and lets `fill` write them.
  package mutating func append(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let memory = reserve(count)
    fill(UnsafeMutableRawBufferPointer(start: memory + tail, count: count))
    tail += count
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    append(count: bytes.count) { $0.copyMemory(from: bytes) }
  }

  /// Drops the first `count` bytes.
  package mutating func removeFirst(_ count: Int) {
    precondition(count <= self.count, "more bytes leave a queue than are in it")
    head += count
    if head == tail { removeAll() }
  }

  /// Empties the queue; memory above what it may keep is given back.
  package mutating func removeAll() { removeAll(keeping: keptCapacity) }

  /// Empties the queue; memory above `limit` bytes is given back.
  package mutating func removeAll(keeping limit: Int) {
    head = 0
    tail = 0
    guard capacity > limit else { return }
    memory?.deallocate()
    memory = nil
    capacity = 0
  }

  private mutating func reserve(_ extra: Int) -> UnsafeMutableRawPointer {
    if let memory, tail + extra <= capacity { return memory }
    let used = count
    let needed = used + extra
    if let memory, needed <= capacity, head >= capacity / 2 {
      memory.copyMemory(from: memory + head, byteCount: used)
    } else {
      let grown = max(256, needed + needed / 2)
      let fresh = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
      if let memory {
        fresh.copyMemory(from: memory + head, byteCount: used)
        memory.deallocate()
      }
      memory = fresh
      capacity = grown
    }
    head = 0
    tail = used
    return memory.unsafelyUnwrapped
  }
}
