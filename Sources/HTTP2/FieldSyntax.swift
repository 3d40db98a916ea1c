/// The syntax of names and values in HTTP, on bytes as they came from the peer.
enum FieldSyntax {
  /// A set of ASCII characters, as a table of all bytes that is made once and never freed.
  // @unchecked: never changed once it is made.
  private struct Characters: @unchecked Sendable {
    private let isIn = UnsafeMutablePointer<Bool>.allocate(capacity: 256)

    init(_ text: StaticString) {
      isIn.initialize(repeating: false, count: 256)
      for index in 0..<text.utf8CodeUnitCount { isIn[Int(text.utf8Start[index])] = true }
    }

    @inline(__always)
    func containAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
      for byte in bytes where !isIn[Int(byte)] { return false }
      return true
    }
  }

  /// `tchar` of RFC 9110 section 5.6.2 without capital letters, which HTTP/2 has no names in.
  private static let name = Characters("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  private static let token = Characters(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  /// RFC 3986 section 3.1.
  private static let scheme = Characters(
    "+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  /// Host and port of RFC 3986 section 3.2. There is no `@`: user names are not for HTTP/2 (RFC 9113
  /// section 8.3.1).
  private static let authority = Characters(
    "!$%&'()*+,-.:;=[]_~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

  /// RFC 9113 section 8.2.1: a token in lower case.
  static func isName(_ bytes: UnsafeRawBufferPointer) -> Bool {
    !bytes.isEmpty && name.containAll(bytes)
  }

  static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool {
    !bytes.isEmpty && token.containAll(bytes)
  }

  static func isScheme(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first, (first | 0x20) >= 0x61, (first | 0x20) <= 0x7A else {
      return false
    }
    return scheme.containAll(bytes)
  }

  static func isAuthority(_ bytes: UnsafeRawBufferPointer) -> Bool {
    !bytes.isEmpty && authority.containAll(bytes)
  }

  /// RFC 9113 section 8.3.1: an absolute path, or `*`. Bytes beyond ASCII, which a URI has not, are let
  /// through: no path with one is that of a method.
  static func isPath(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first else { return false }
    guard first == UInt8(ascii: "/") || (first == UInt8(ascii: "*") && bytes.count == 1) else {
      return false
    }
    return isAbove(0x20, bytes) || bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }

  /// RFC 9113 section 8.2.1 and RFC 9110 section 5.5: no control characters but a tab. Space at the ends,
  /// which RFC 9113 forbids, is let through, because gRPC's clients may send it: readers strip it.
  static func isValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    isAbove(0x1F, bytes) || bytes.allSatisfy { $0 == 0x09 || ($0 > 0x1F && $0 != 0x7F) }
  }

  /// RFC 9110 section 8.6: digits. More than fit into an `Int` are none.
  static func number(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard (1...18).contains(bytes.count) else { return nil }
    var number = 0
    for byte in bytes {
      guard (0x30...0x39).contains(byte) else { return nil }
      number = number * 10 + Int(byte - 0x30)
    }
    return number
  }

  /// Whether all bytes are above `limit` (below 0x80) and none is DEL, eight at a time. False may also
  /// mean that it isn't sure, and that each byte has to be looked at.
  @inline(__always)
  private static func isAbove(_ limit: UInt8, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let least = ones &* UInt64(limit + 1)
    var offset = 0
    while offset + 8 <= bytes.count {
      let eight = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let del = eight ^ (ones &* 0x7F)
      // A byte below `least`, or equal to DEL, borrows and so sets its high bit.
      let found = ((eight &- least) & ~eight) | ((del &- ones) & ~del)
      if found & (ones &* 0x80) != 0 { return false }
      offset += 8
    }
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte <= limit || byte == 0x7F { return false }
      offset += 1
    }
    return true
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of `text`, which is in lower case; theirs may be in any.
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in indices {
      let byte = self[index]
      let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      if lower != text.utf8Start[index] { return false }
    }
    return true
  }
}
