/// The percent-encoding of `grpc-message`: UTF-8 in which everything but printable ASCII, and `%`
/// itself, is written `%XX`.
enum PercentEncoding {
  private static let hex = Array("0123456789ABCDEF".utf8)

  static func encode(_ text: String) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
        output.append(byte)
      } else {
        output.append(UInt8(ascii: "%"))
        output.append(hex[Int(byte >> 4)])
        output.append(hex[Int(byte & 0xF)])
      }
    }
    return output
  }

  /// The text that was encoded. What isn't a valid escape stands for itself, and broken UTF-8 is
  /// repaired: a status must not get lost because its text is damaged.
  static func decode(_ bytes: some Collection<UInt8>) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index != bytes.endIndex {
      let byte = bytes[index]
      let rest = bytes[bytes.index(after: index)...].prefix(2)
      if byte == UInt8(ascii: "%"), rest.count == 2, let high = digit(rest.first),
        let low = digit(rest.dropFirst().first)
      {
        output.append(high << 4 | low)
        index = rest.endIndex
      } else {
        output.append(byte)
        index = bytes.index(after: index)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8?) -> UInt8? {
    switch byte {
    case let byte? where (0x30...0x39).contains(byte): byte - 0x30
    case let byte? where (0x41...0x46).contains(byte): byte - 0x41 + 10
    case let byte? where (0x61...0x66).contains(byte): byte - 0x61 + 10
    default: nil
    }
  }
}
