/// Finds methods by path without making a string of it: a hash table that never changes.
struct MethodTable: Sendable {
  private let slots: [Method?]
  private let mask: Int

  init(_ methods: [Method]) {
    var size = 8
    // At most half full, so that there is always an empty slot and runs are short.
    while size < methods.count * 2 { size *= 2 }
    mask = size - 1
    var slots = [Method?](repeating: nil, count: size)
    for method in methods {
      var index = method.path.withUnsafeBytes(Self.hash) & mask
      while slots[index] != nil { index = (index + 1) & mask }
      slots[index] = method
    }
    self.slots = slots
  }

  func find(_ path: UnsafeRawBufferPointer) -> Method? {
    var index = Self.hash(path) & mask
    while let method = slots[index] {
      if method.path.withUnsafeBytes({ $0.isExactly(path) }) { return method }
      index = (index + 1) & mask
    }
    return nil
  }

  /// FNV-1a over words of eight bytes. Whoever calls can't add paths, so it needn't be keyed.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var offset = 0
    while offset + 8 <= bytes.count {
      hash =
        (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x100_0000_01B3
      offset += 8
    }
    while offset < bytes.count {
      hash = (hash ^ UInt64(bytes[offset])) &* 0x100_0000_01B3
      offset += 1
    }
    return Int(truncatingIfNeeded: hash ^ hash >> 32)
  }
}
