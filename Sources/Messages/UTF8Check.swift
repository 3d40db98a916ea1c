/// Whether bytes are a string that we take: UTF-8 as Unicode defines it, without NUL.
enum UTF8Check {
  enum Verdict { case sound, nul, invalid }

  @inline(__always)
  static func check(_ start: UnsafeRawPointer, _ count: Int) -> Verdict {
    var position = 0
    // Eight bytes at a time: each has to be 1...127. Taking 1 from each sets a high bit if one is 0.
    while position + 8 <= count {
      let eight = start.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      if (eight | (eight &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080 != 0 {
        return checkSlowly(start, position, count)
      }
      position += 8
    }
    while position < count {
      let byte = start.load(fromByteOffset: position, as: UInt8.self)
      if byte == 0 || byte >= 0x80 { return checkSlowly(start, position, count) }
      position += 1
    }
    return .sound
  }

  private static func checkSlowly(
    _ start: UnsafeRawPointer, _ from: Int, _ count: Int
  ) -> Verdict {
    var position = from
    while position < count {
      let first = start.load(fromByteOffset: position, as: UInt8.self)
      if first < 0x80 {
        if first == 0 { return .nul }
        position += 1
        continue
      }
      // The second byte is bounded closer, against overlong forms, surrogates and beyond U+10FFFF.
      let length: Int
      var second: ClosedRange<UInt8> = 0x80...0xbf
      switch first {
      case 0xc2...0xdf: length = 2
      case 0xe0: (length, second) = (3, 0xa0...0xbf)
      case 0xed: (length, second) = (3, 0x80...0x9f)
      case 0xe1...0xef: length = 3
      case 0xf0: (length, second) = (4, 0x90...0xbf)
      case 0xf1...0xf3: length = 4
      case 0xf4: (length, second) = (4, 0x80...0x8f)
      default: return .invalid
      }
      guard position + length <= count,
        second.contains(start.load(fromByteOffset: position + 1, as: UInt8.self))
      else { return .invalid }
      for index in 2..<max(length, 2) {
        let byte = start.load(fromByteOffset: position + index, as: UInt8.self)
        guard byte & 0xc0 == 0x80 else { return .invalid }
      }
      position += length
    }
    return .sound
  }
}
