/// Ids that carry their time: UUID version 7.
enum RequestAge {
  /// When a UUIDv7 was made, by its maker's clock; nil for every other text.
  static func time(ofID id: String) -> Timestamp? {
    var id = id
    return id.withUTF8 { time(of: $0) }
  }

  private static func time(of bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
    let dash = UInt8(ascii: "-")
    guard bytes.count == 36, bytes[8] == dash, bytes[13] == dash, bytes[18] == dash,
      bytes[23] == dash, bytes[14] == UInt8(ascii: "7"),
      let high = number(bytes[0..<8]), let low = number(bytes[9..<13]),
      number(bytes[14..<18]) != nil, let variant = number(bytes[19..<23]),
      number(bytes[24..<36]) != nil
    else { return nil }
    // The variant: the first digit is 8, 9, a or b.
    guard variant >> 14 == 2 else { return nil }
    return Timestamp(microseconds: (high << 16 | low) * 1_000)
  }

  /// What so many hexadecimal digits say; nil if one of them isn't any.
  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int64? {
    var number: Int64 = 0
    for digit in digits {
      let decimal = digit &- UInt8(ascii: "0")
      let letter = (digit | 0x20) &- UInt8(ascii: "a")
      guard decimal < 10 || letter < 6 else { return nil }
      number = number << 4 | Int64(decimal < 10 ? decimal : letter + 10)
    }
    return number
  }
}
