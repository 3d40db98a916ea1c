internal import Glibc

extension UnsafeRawBufferPointer {
  /// Whether these are exactly the bytes of `text`.
  func isExactly(_ text: StaticString) -> Bool {
    isExactly(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Whether these are exactly the bytes of `other`.
  func isExactly(_ other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let base = baseAddress, let otherBase = other.baseAddress else { return true }
    return memcmp(base, otherBase, count) == 0
  }

  /// What follows `prefix`, in which ASCII letters may be in either case; nil when it isn't there.
  /// `prefix` is in lower case.
  func dropping(_ prefix: StaticString) -> UnsafeRawBufferPointer? {
    let length = prefix.utf8CodeUnitCount
    guard count >= length else { return nil }
    for index in 0..<length {
      let byte = self[index]
      let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      guard lower == prefix.utf8Start[index] else { return nil }
    }
    return UnsafeRawBufferPointer(rebasing: self[length...])
  }
}
