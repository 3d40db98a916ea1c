internal import Glibc

/// SplitMix64: the same numbers for the same seed, so that what a test met can be met again.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Begins at `seed`.
  public init(seed: UInt64) { state = seed }

  /// The seed to begin a test with: ORDERWIRE_SEED of the environment, or a new one.
  public static func seed() -> UInt64 {
    if let text = getenv("ORDERWIRE_SEED"), let seed = UInt64(String(cString: text)) { return seed }
    return UInt64.random(in: 1...UInt64(UInt32.max))
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
