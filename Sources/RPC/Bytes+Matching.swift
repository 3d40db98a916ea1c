internal import Glibc

extension UnsafeRawBufferPointer {
  /// Whether these are exactly the bytes of `text`.
  func equals(_ text: StaticString) -> Bool {
    guard let base = baseAddress else { return text.utf8CodeUnitCount == 0 }
    return count == text.utf8CodeUnitCount && memcmp(base, text.utf8Start, count) == 0
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
