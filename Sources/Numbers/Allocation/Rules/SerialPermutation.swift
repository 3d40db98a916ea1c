// A keyed permutation of the serials of a period, so that a number doesn't tell how many there are.
//
// It is a Feistel network over two digits of nearly equal, mixed radix (a, b), the smallest with
// a · b ≥ the range, and a result out of the range goes through it again: the "generalized Feistel
// cipher" with cycle walking of Black & Rogaway, Ciphers with Arbitrary Finite Domains (CT-RSA 2002).
// So it is exact on every range, and since a · b exceeds the range by less than a, a second walk
// happens once in about √range. Its round function is SipHash-2-4 (Aumasson & Bernstein 2012), a
// pseudorandom function with a key of 128 bits and the speed that a thousand numbers a call need.
//
// Why neither of NIST's: FF3 is broken on small ranges (Durak & Vaudenay, CRYPTO 2017) and FF1 (SP
// 800-38G) asks for a range of a million at least, where ours begin at 9. What broke small ranges is
// few rounds (Bellare, Hoang & Tessaro, CCS 2016; Hoang, Tessaro & Trieu, EUROCRYPT 2018), so small
// ranges get more of them here than FF1's 10. The period is part of what each round sees, so that
// one day's numbers say nothing of another's.

/// A permutation of 1…last, another for each key and each period.
struct SerialPermutation: Sendable, Equatable {
  /// Of 128 random bits.
  struct Key: Sendable, Equatable {
    var word0: UInt64
    var word1: UInt64

    /// A new one, from the system's source of random numbers that can't be foretold.
    static func random() -> Key {
      var source = SystemRandomNumberGenerator()
      return Key(word0: source.next(), word1: source.next())
    }
  }

  let key: Key
  /// How many serials there are.
  private let range: UInt64
  private let a: UInt64
  private let b: UInt64
  private let rounds: UInt32

  /// FF1's smallest range (six digits without 0), and the rounds below it and from it on. Even, so that each half changes
  /// as often as the other.
  static let smallRange: UInt64 = 999_999
  static let roundsBelow: UInt32 = 24
  static let roundsFrom: UInt32 = 12

  init(key: Key, last: Int64) {
    self.key = key
    range = UInt64(max(1, last))
    var root = UInt64(Double(range).squareRoot())
    while root * root < range { root += 1 }
    while root > 1, (root - 1) * (root - 1) >= range { root -= 1 }
    a = root
    b = (range + root - 1) / root
    rounds = range < Self.smallRange ? Self.roundsBelow : Self.roundsFrom
  }

  /// What is shown in place of a serial (1…last).
  func shown(_ serial: Int64, period: Int32) -> Int64 {
    var value = UInt64(serial - 1)
    repeat { value = walk(value, period) } while value >= range
    return Int64(value) + 1
  }

  /// The serial in whose place this is shown (1…last).
  func serial(_ shown: Int64, period: Int32) -> Int64 {
    var value = UInt64(shown - 1)
    repeat { value = walkBack(value, period) } while value >= range
    return Int64(value) + 1
  }

  private func walk(_ value: UInt64, _ period: Int32) -> UInt64 {
    var (right, left) = value.quotientAndRemainder(dividingBy: a)
    for round in 0..<rounds {
      if round % 2 == 0 {
        left += pseudorandom(round, period, right, below: a)
        if left >= a { left -= a }
      } else {
        right += pseudorandom(round, period, left, below: b)
        if right >= b { right -= b }
      }
    }
    return right * a + left
  }

  private func walkBack(_ value: UInt64, _ period: Int32) -> UInt64 {
    var (right, left) = value.quotientAndRemainder(dividingBy: a)
    for round in (0..<rounds).reversed() {
      if round % 2 == 0 {
        let change = pseudorandom(round, period, right, below: a)
        left = left >= change ? left - change : left + a - change
      } else {
        let change = pseudorandom(round, period, left, below: b)
        right = right >= change ? right - change : right + b - change
      }
    }
    return right * a + left
  }

  /// A number below `bound` (which is below 2³², so none is favoured by more than one in 2³²), by the
  /// key, the round, the period and half of the value.
  @inline(__always)
  private func pseudorandom(
    _ round: UInt32, _ period: Int32, _ half: UInt64, below bound: UInt64
  ) -> UInt64 {
    var hash = SipRounds(key)
    hash.absorb(UInt64(round) << 32 | UInt64(UInt32(bitPattern: period)))
    hash.absorb(half)
    return hash.finish(byteCount: 16).multipliedFullWidth(by: bound).high
  }
}

/// SipHash-2-4 of whole words.
struct SipRounds {
  private var v0, v1, v2, v3: UInt64

  init(_ key: SerialPermutation.Key) {
    v0 = key.word0 ^ 0x736f_6d65_7073_6575
    v1 = key.word1 ^ 0x646f_7261_6e64_6f6d
    v2 = key.word0 ^ 0x6c79_6765_6e65_7261
    v3 = key.word1 ^ 0x7465_6462_7974_6573
  }

  @inline(__always)
  mutating func absorb(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  @inline(__always)
  mutating func finish(byteCount: UInt64) -> UInt64 {
    absorb(byteCount << 56)
    v2 ^= 0xff
    for _ in 0..<4 { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  @inline(__always)
  private mutating func round() {
    v0 &+= v1
    v1 = rotated(v1, 13) ^ v0
    v0 = rotated(v0, 32)
    v2 &+= v3
    v3 = rotated(v3, 16) ^ v2
    v0 &+= v3
    v3 = rotated(v3, 21) ^ v0
    v2 &+= v1
    v1 = rotated(v1, 17) ^ v2
    v2 = rotated(v2, 32)
  }

  @inline(__always)
  private func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
    word &<< count | word &>> (64 &- count)
  }
}
