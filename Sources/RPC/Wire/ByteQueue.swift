internal import Glibc

/// Bytes that come in at the end and leave at the front, in one piece of memory that is kept.
struct ByteQueue: ~Copyable {
  private var memory: UnsafeMutableRawBufferPointer
  private var head = 0
  private var tail = 0

  init() { memory = UnsafeMutableRawBufferPointer(start: nil, count: 0) }

  deinit { memory.deallocate() }

  var count: Int { tail - head }
  var capacity: Int { memory.count }

  /// The bytes in the queue; valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[head..<tail]) }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    if memory.count - tail < bytes.count { makeRoom(bytes.count) }
    UnsafeMutableRawBufferPointer(rebasing: memory[tail...])
      .copyMemory(from: UnsafeRawBufferPointer(start: base, count: bytes.count))
    tail += bytes.count
  }

  mutating func removeFirst(_ count: Int) {
    precondition(count <= self.count, "more bytes leave a queue than are in it")
    head += count
    if head == tail {
      head = 0
      tail = 0
    }
  }

  /// Empties the queue; memory above `keeping` bytes is given back.
  mutating func removeAll(keeping limit: Int) {
    head = 0
    tail = 0
    guard memory.count > limit else { return }
    memory.deallocate()
    memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }

  private mutating func makeRoom(_ more: Int) {
    let held = count
    // Moving to the front is enough when at least half is free: each byte is then moved at most once
    // for every byte that came in.
    if memory.count - held >= more, held <= memory.count / 2 {
      if let base = memory.baseAddress { memmove(base, base + head, held) }
    } else {
      let grown = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(held + more, memory.count * 2, 256), alignment: 16)
      grown.copyMemory(from: bytes)
      memory.deallocate()
      memory = grown
    }
    head = 0
    tail = held
  }
}
