/// Hashes of orders. They are in memory only, so they need not be the same after a restart.
///
/// Texts are the same if their bytes are: Swift takes different bytes for equal that Unicode takes for the
/// same characters, which callers' own systems may not.
enum OrderHash {
  /// Of what makes two orders the same one. Keyed by the process, so that nobody outside can choose
  /// orders that collide.
  static func identity(number: String, version: Int64, isCancellation: Bool) -> UInt64 {
    var hasher = Hasher()
    combine(number, into: &hasher)
    hasher.combine(version)
    hasher.combine(isCancellation)
    return UInt64(truncatingIfNeeded: hasher.finalize())
  }

  /// Of an order's number, for all its versions.
  static func number(_ number: String) -> UInt64 {
    var hasher = Hasher()
    combine(number, into: &hasher)
    return UInt64(truncatingIfNeeded: hasher.finalize())
  }

  /// Of what mustn't change when an order comes again.
  static func content(
    key: String, code: String, body: [UInt8], items: [OrderItem] = []
  ) -> UInt64 {
    var hasher = Hasher()
    combine(key, into: &hasher)
    combine(code, into: &hasher)
    body.withUnsafeBytes { hasher.combine(bytes: $0) }
    for item in items {
      combine(item.good, into: &hasher)
      hasher.combine(item.quantity)
    }
    return UInt64(truncatingIfNeeded: hasher.finalize())
  }

  private static func combine(_ text: String, into hasher: inout Hasher) {
    hasher.combine(ExactText(text))
  }

  /// Of an ordering key: FNV-1a with a last mixing. The same in every process, so that a key keeps its
  /// lane. Two keys with one hash are kept in order like one key; who chooses them so delays himself.
  static func key(_ key: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var key = key
    key.withUTF8 { bytes in
      for byte in bytes {
        hash ^= UInt64(byte)
        hash &*= 0x0000_0100_0000_01b3
      }
    }
    hash ^= hash >> 32
    hash &*= 0xd6e8_feb8_6659_fd93
    return hash ^ hash >> 32
  }
}
