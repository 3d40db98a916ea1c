/// The check characters of ISO 7064's hybrid systems: they find every single wrong character and
/// nearly every transposition of neighbours.
enum CheckCharacter: Sendable, Equatable {
  /// MOD 11,10 over the decimal digits of a number; other characters are passed over.
  case mod11and10
  /// MOD 37,36 over the digits and letters of a number, small letters as capitals; other characters
  /// are passed over.
  case mod37and36

  /// The check character of `characters`.
  func compute(over characters: Span<UInt8>) -> UInt8 {
    let base = self == .mod11and10 ? 10 : 36
    var product = base
    for index in characters.indices {
      let character = characters[index]
      guard let digit = base36Value(character, foldingCase: true), digit < base else { continue }
      var sum = (product + digit) % base
      if sum == 0 { sum = base }
      product = sum * 2 % (base + 1)
    }
    return base36Digit((base + 1 - product) % base)
  }
}

/// The value of a digit 0-9 or A-Z, or nil.
@inline(__always)
func base36Value(_ character: UInt8, foldingCase: Bool = false) -> Int? {
  switch character {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0"))
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A")) + 10
  case UInt8(ascii: "a")...UInt8(ascii: "z") where foldingCase:
    Int(character - UInt8(ascii: "a")) + 10
  default: nil
  }
}

/// The digit 0-9 or A-Z of a value from 0 to 35.
@inline(__always)
func base36Digit(_ value: Int) -> UInt8 {
  value < 10
    ? UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)
    : UInt8(ascii: "A") + UInt8(truncatingIfNeeded: value - 10)
}
