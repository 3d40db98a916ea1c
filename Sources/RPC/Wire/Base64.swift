/// Base64 as `-bin` metadata uses it: written without padding, read with or without it.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The value of each byte, 0xFF for those outside the alphabet. The URL-safe variants are read too:
  /// some peers write them.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    return values
  }()

  /// The unpadded form of `bytes`.
  static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count * 4 + 2) / 3)
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        output.append(alphabet[Int(pending >> UInt32(bits) & 0x3F)])
      }
    }
    if bits > 0 { output.append(alphabet[Int(pending << UInt32(6 - bits) & 0x3F)]) }
    return output
  }

  /// Whether `text` is Base64.
  static func isValid(_ text: some BidirectionalCollection<UInt8>) -> Bool {
    guard let digits = digits(of: text) else { return false }
    return text.prefix(digits).allSatisfy { values[Int($0)] != 0xFF }
  }

  /// How many characters there are before the padding; nil where there can't be so many.
  private static func digits(of text: some BidirectionalCollection<UInt8>) -> Int? {
    var padding = 0
    for byte in text.suffix(2).reversed() {
      guard byte == UInt8(ascii: "=") else { break }
      padding += 1
    }
    let digits = text.count - padding
    // A lone digit carries six bits, not a byte; padding, where it is, completes a group of four.
    guard digits % 4 != 1, padding == 0 || (digits + padding) % 4 == 0 else { return nil }
    return digits
  }

  /// The bytes that `text` stands for; nil when it isn't Base64.
  static func decode(_ text: some BidirectionalCollection<UInt8>) -> [UInt8]? {
    guard let digits = digits(of: text) else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(digits * 3 / 4)
    var pending: UInt32 = 0
    var bits = 0
    for byte in text.prefix(digits) {
      let value = values[Int(byte)]
      guard value != 0xFF else { return nil }
      pending = pending << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        output.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
      }
    }
    return output
  }
}
