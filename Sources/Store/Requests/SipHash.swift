/// SipHash-1-3: keyed, so that nobody outside can choose request ids whose hashes collide, and
/// stable over restarts, which Swift's own `Hasher` isn't.
struct SipHash: Sendable, Equatable {
  let key0: UInt64
  let key1: UInt64

  private struct Rounds {
    var v0: UInt64
    var v1: UInt64
    var v2: UInt64
    var v3: UInt64

    @inline(__always)
    mutating func round() {
      v0 &+= v1
      v1 = (v1 << 13 | v1 >> 51) ^ v0
      v0 = v0 << 32 | v0 >> 32
      v2 &+= v3
      v3 = (v3 << 16 | v3 >> 48) ^ v2
      v0 &+= v3
      v3 = (v3 << 21 | v3 >> 43) ^ v0
      v2 &+= v1
      v1 = (v1 << 17 | v1 >> 47) ^ v2
      v2 = v2 << 32 | v2 >> 32
    }

    @inline(__always)
    mutating func compress(_ word: UInt64) {
      v3 ^= word
      round()
      v0 ^= word
    }
  }

  /// Feeds texts one after another, each followed by a byte that UTF-8 never has.
  func hash(_ texts: String...) -> UInt64 {
    var rounds = Rounds(
      v0: key0 ^ 0x736f_6d65_7073_6575, v1: key1 ^ 0x646f_7261_6e64_6f6d,
      v2: key0 ^ 0x6c79_6765_6e65_7261, v3: key1 ^ 0x7465_6462_7974_6573)
    var word: UInt64 = 0
    var length = 0
    func feed(_ byte: UInt8) {
      word |= UInt64(byte) << UInt64((length & 7) * 8)
      length += 1
      if length & 7 == 0 {
        rounds.compress(word)
        word = 0
      }
    }
    for text in texts {
      for byte in text.utf8 { feed(byte) }
      feed(0xff)
    }
    rounds.compress(word | UInt64(length & 0xff) << 56)
    rounds.v2 ^= 0xff
    for _ in 0..<3 { rounds.round() }
    return rounds.v0 ^ rounds.v1 ^ rounds.v2 ^ rounds.v3
  }
}
