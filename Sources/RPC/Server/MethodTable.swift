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

  /// Of the last eight bytes and the count, which tell most paths apart: of others, runs get longer.
  /// Whoever calls can't add paths, so it needn't be keyed.
  private static func hash(_ path: UnsafeRawBufferPointer) -> Int {
    guard path.count >= 8 else { return path.count }
    let end = path.loadUnaligned(fromByteOffset: path.count - 8, as: UInt64.self)
    let mixed = (end ^ UInt64(path.count)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 32)
  }
}
