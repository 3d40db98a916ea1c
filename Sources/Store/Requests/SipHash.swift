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
  func hash(_ texts: String...) -> UInt64 { hash(texts) }

  /// The hash of what a repeat is recognised by. The same as that of its four texts, without an array
  /// for each call.
  func hash(_ key: RequestKey) -> UInt64 {
    var input = Input(self)
    input.feed(ended: key.business)
    input.feed(ended: key.caller)
    input.feed(ended: key.method)
    input.feed(ended: key.requestID)
    return input.finish()
  }

  func hash(_ texts: [String]) -> UInt64 {
    var input = Input(self)
    for text in texts { input.feed(ended: text) }
    return input.finish()
  }

  /// What was fed, and the bytes of it that don't make a word yet, the first the lowest.
  private struct Input {
    private var rounds: Rounds
    private var word: UInt64 = 0
    private var length: UInt64 = 0

    init(_ key: SipHash) {
      rounds = Rounds(
        v0: key.key0 ^ 0x736f_6d65_7073_6575, v1: key.key1 ^ 0x646f_7261_6e64_6f6d,
        v2: key.key0 ^ 0x6c79_6765_6e65_7261, v3: key.key1 ^ 0x7465_6462_7974_6573)
    }

    mutating func feed(_ byte: UInt8) {
      word |= UInt64(byte) << ((length & 7) * 8)
      length &+= 1
      if length & 7 == 0 {
        rounds.compress(word)
        word = 0
      }
    }

    mutating func feed(ended text: String) {
      feed(text)
      feed(0xff)
    }

    private mutating func feed(_ text: String) {
      var text = text
      text.withUTF8 { bytes in
        // A word of the text begins where the last one ended, within a word of the hash.
        let shift = (length & 7) * 8
        let words = bytes.count / 8
        for place in 0..<words {
          let next = UInt64(
            littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(
              fromByteOffset: place * 8, as: UInt64.self))
          rounds.compress(word | next << shift)
          word = shift == 0 ? 0 : next >> (64 - shift)
        }
        length &+= UInt64(words * 8)
        for place in (words * 8)..<bytes.count { feed(bytes[place]) }
      }
    }

    mutating func finish() -> UInt64 {
      rounds.compress(word | length << 56)
      rounds.v2 ^= 0xff
      for _ in 0..<3 { rounds.round() }
      return rounds.v0 ^ rounds.v1 ^ rounds.v2 ^ rounds.v3
    }
  }
}
