/// A line of CSV as in RFC 4180.
enum CSVLine {
  /// Fields with quotes, commas or line breaks are quoted, quotes within them doubled.
  static func bytes(_ fields: [String]) -> [UInt8] {
    var line: [UInt8] = []
    for (place, field) in fields.enumerated() {
      if place > 0 { line.append(UInt8(ascii: ",")) }
      append(field, to: &line)
    }
    line += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    return line
  }

  private static func append(_ field: String, to line: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let special = [quote, UInt8(ascii: ","), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    guard field.utf8.contains(where: special.contains) else {
      line += field.utf8
      return
    }
    line.append(quote)
    for byte in field.utf8 {
      if byte == quote { line.append(quote) }
      line.append(byte)
    }
    line.append(quote)
  }
}
