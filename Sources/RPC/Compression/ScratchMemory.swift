internal import Glibc

/// Memory for one message at a time, kept for the next if it isn't large.
struct ScratchMemory: ~Copyable {
  private var start: UnsafeMutableRawPointer?
  private(set) var capacity = 0

  deinit { free(start) }

  /// What there is; valid until the next change.
  var memory: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start, count: capacity)
  }

  /// Makes it `count` bytes large, if it is smaller; what is in it stays. False: there is no memory.
  mutating func grow(to count: Int) -> Bool {
    guard count > capacity else { return true }
    // Large blocks are moved by the kernel, not copied, so the old one and the new one never add up.
    guard let grown = realloc(start, count) else { return false }
    start = grown
    capacity = count
    return true
  }

  /// The message isn't needed any more.
  mutating func forget() {
    guard capacity > Limits.pooledScratchBytes else { return }
    free(start)
    start = nil
    capacity = 0
  }
}
