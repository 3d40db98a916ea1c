/// Bytes in, bytes out, in one block of memory that is used again once it is empty.
/// Confined to its owner's loop.
struct ByteQueue: ~Copyable {
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0
  private var head = 0
  private var tail = 0

  /// What a drained queue may keep; more is given back.
  static let keptCapacity = 16 * 1024

  deinit { memory?.deallocate() }

  var count: Int { tail - head }
  var isEmpty: Bool { head == tail }

  /// What is in the queue; valid until the next change.
  var bytes: UnsafeRawBufferPointer {
    guard let memory else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(start: memory + head, count: tail - head)
  }

  /// Makes room for `count` bytes at the end and lets `fill` write them.
  mutating func append(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let memory = reserve(count)
    fill(UnsafeMutableRawBufferPointer(start: memory + tail, count: count))
    tail += count
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    append(count: bytes.count) { $0.copyMemory(from: bytes) }
  }

  /// Drops the first `count` bytes.
  mutating func removeFirst(_ count: Int) {
    head += count
    if head == tail { removeAll(keeping: Self.keptCapacity) }
  }

  /// Empties the queue; memory above `limit` bytes is given back.
  mutating func removeAll(keeping limit: Int = keptCapacity) {
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
