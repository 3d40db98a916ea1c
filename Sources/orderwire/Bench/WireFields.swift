import RPC

/// The fields of an encoded message one after another, for looking at some of them without making a message.
struct WireFields {
  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  let end: Int

  /// A field: an integer's value, or where bytes are.
  enum Field {
    case integer(UInt64)
    case bytes(Range<Int>)
  }

  init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, 0..<bytes.count) }

  /// Of a message within `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = min(range.upperBound, bytes.count)
  }

  /// The next field and its number, nil behind the last. Other kinds than those of `Field` aren't in what a
  /// load gets.
  mutating func next() throws(RPCError) -> (number: UInt64, field: Field)? {
    guard position < end else { return nil }
    let tag = try integer()
    let value = try integer()
    switch tag & 7 {
    case 0: return (tag >> 3, .integer(value))
    case 2:
      guard value <= UInt64(end - position) else { throw Self.damage }
      let start = position
      position += Int(value)
      return (tag >> 3, .bytes(start..<position))
    default: throw Self.damage
    }
  }

  private mutating func integer() throws(RPCError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Self.damage
  }

  static let damage = RPCError(.internal, "an answer can't be read")
}
