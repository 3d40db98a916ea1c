/// How the orders of a verified load are called: by position and key, so that whoever gets one knows its place, and
/// by the run, so that one of another run isn't taken for it.
struct OrderName: Sendable {
  /// Another for each run.
  let run: UInt32

  /// Of a number, `<position>-<key>-<run>`, each in so many hexadecimal digits.
  private static let digits = 8
  static let numberLength = 3 * digits + 2
  /// The key as it stands in the number.
  static let keyPlaces = (digits + 1)..<(2 * digits + 1)

  func write(_ mark: OrderMark, to number: UnsafeMutableBufferPointer<UInt8>) {
    let parts = [mark.position, mark.key, Int(run)]
    for (index, part) in parts.enumerated() {
      let start = index * (Self.digits + 1)
      if index > 0 { number[start - 1] = UInt8(ascii: "-") }
      for place in 0..<Self.digits {
        let digit = UInt8(truncatingIfNeeded: part >> (4 * (Self.digits - 1 - place)) & 0xF)
        number[start + place] =
          digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      }
    }
  }

  /// Whose number it is; nil: it isn't of this run, or of no load.
  func mark(_ number: UnsafeRawBufferPointer) -> OrderMark? {
    guard number.count == Self.numberLength else { return nil }
    var parts: [Int] = []
    for start in stride(from: 0, to: number.count, by: Self.digits + 1) {
      guard start == 0 || number[start - 1] == UInt8(ascii: "-") else { return nil }
      var part = 0
      for byte in number[start..<start + Self.digits] {
        guard let digit = Self.digit(byte) else { return nil }
        part = part << 4 | digit
      }
      parts.append(part)
    }
    return parts[2] == Int(run) ? OrderMark(key: parts[1], position: parts[0]) : nil
  }

  /// Whose order it is, if it is as it was given in: with its own key, and the code and the body that all have.
  func mark(_ parts: OrderParts, of bytes: UnsafeRawBufferPointer) -> OrderMark? {
    let number = UnsafeRawBufferPointer(rebasing: bytes[parts.number])
    guard let mark = mark(number), bytes[parts.key].elementsEqual(number[Self.keyPlaces]),
      bytes[parts.code].elementsEqual(LoadPlan.code.utf8),
      LoadPlan.isOrderBody(bytes, parts.body)
    else { return nil }
    return mark
  }

  private static func digit(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
    default: nil
    }
  }
}
