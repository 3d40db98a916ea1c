/// Ids that carry their time: UUID version 7.
enum RequestAge {
  /// When a UUIDv7 was made, by its maker's clock; nil for every other text.
  static func time(ofID id: String) -> Timestamp? {
    var id = id
    return id.withUTF8 { time(of: $0) }
  }

  private static func time(of bytes: UnsafeBufferPointer<UInt8>) -> Timestamp? {
    guard bytes.count == 36, bytes[14] == UInt8(ascii: "7") else { return nil }
    var milliseconds: Int64 = 0
    for index in 0..<36 {
      let byte = bytes[index]
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = digit(byte) else { return nil }
      if index < 13 { milliseconds = milliseconds << 4 | digit }
      // The variant: 8, 9, a or b.
      if index == 19, digit >> 2 != 2 { return nil }
    }
    return Timestamp(microseconds: milliseconds * 1_000)
  }

  private static func digit(_ byte: UInt8) -> Int64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int64(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int64(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
  }
}
