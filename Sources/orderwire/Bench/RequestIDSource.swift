import Glibc

/// Makes request ids: UUIDs of version 7, which begin with their time, so that a store that keeps them in order
/// only appends.
struct RequestIDSource {
  private var random: SplitMix64

  /// Sources of different seeds make different ids.
  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
  }

  /// How long an id is, in bytes.
  static let length = 36

  mutating func next() -> String { next(milliseconds: Self.now) }

  mutating func next(milliseconds: UInt64) -> String {
    String(unsafeUninitializedCapacity: Self.length) { text in
      write(milliseconds, to: text)
      return Self.length
    }
  }

  /// Writes an id; there is room for `length` bytes.
  mutating func next(into text: UnsafeMutableBufferPointer<UInt8>) { write(Self.now, to: text) }

  /// Milliseconds since the Unix epoch.
  private static var now: UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000
  }

  private mutating func write(
    _ milliseconds: UInt64, to text: UnsafeMutableBufferPointer<UInt8>
  ) {
    let high = milliseconds << 16 | 0x7000 | random.next() & 0xfff
    let low = 1 << 63 | random.next() >> 2
    let digits: StaticString = "0123456789abcdef"
    var position = 0
    for (half, isFirst) in [(high, true), (low, false)] {
      for nibble in stride(from: 60, through: 0, by: -4) {
        text[position] = digits.utf8Start[Int(half >> UInt64(nibble) & 0xf)]
        position += 1
        if isFirst ? (nibble == 32 || nibble == 16 || nibble == 0) : nibble == 48 {
          text[position] = UInt8(ascii: "-")
          position += 1
        }
      }
    }
  }
}
