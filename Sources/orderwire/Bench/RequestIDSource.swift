import Glibc

/// Makes request ids: UUIDs of version 7, which begin with their time, so that a store that keeps them in order
/// only appends.
struct RequestIDSource {
  private var random: SplitMix64

  /// Sources of different seeds make different ids.
  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
  }

  mutating func next() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return next(milliseconds: UInt64(now.tv_sec) * 1000 + UInt64(now.tv_nsec) / 1_000_000)
  }

  mutating func next(milliseconds: UInt64) -> String {
    let high = milliseconds << 16 | 0x7000 | random.next() & 0xfff
    let low = 1 << 63 | random.next() >> 2
    let digits: StaticString = "0123456789abcdef"
    return String(unsafeUninitializedCapacity: 36) { text in
      var position = 0
      for (index, half) in [high, low].enumerated() {
        for nibble in stride(from: 60, through: 0, by: -4) {
          text[position] = digits.utf8Start[Int(half >> UInt64(nibble) & 0xf)]
          position += 1
          if index == 0 ? (nibble == 32 || nibble == 16 || nibble == 0) : nibble == 48 {
            text[position] = UInt8(ascii: "-")
            position += 1
          }
        }
      }
      return position
    }
  }
}
