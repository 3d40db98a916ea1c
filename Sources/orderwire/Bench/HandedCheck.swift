import RPC

/// Looks at the answer of an Allocate as it came over the wire: how many numbers it has, and that each
/// comes with its token. The load shares the machine with the server, and to make a message of a
/// hundred numbers costs more than to send for them.
struct HandedCheck {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  /// Counts the numbers of an encoded AllocateResponse.
  static func count(_ bytes: UnsafeRawBufferPointer) throws(RPCError) -> Int {
    var check = HandedCheck(bytes: bytes)
    var count = 0
    while check.position < bytes.count {
      guard let (field, end) = try check.field() else { continue }
      if field == numbers {
        try check.number(until: end)
        count += 1
      }
      check.position = end
    }
    return count
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  // Fields with a length, from allocation.proto.
  private static let numbers: UInt64 = 1
  private static let number: UInt64 = 1
  private static let token: UInt64 = 2

  private mutating func number(until end: Int) throws(RPCError) {
    var hasNumber = false
    var hasToken = false
    while position < end {
      guard let (field, inner) = try field(), inner > position else { continue }
      hasNumber = hasNumber || field == Self.number
      hasToken = hasToken || field == Self.token
      position = inner
    }
    guard hasNumber, hasToken, position == end else { throw Self.damage }
  }

  /// The next field, if it has a length, and where it ends. Of integers only what is behind them is
  /// looked for.
  private mutating func field() throws(RPCError) -> (number: UInt64, end: Int)? {
    let tag = try integer()
    let value = try integer()
    switch tag & 7 {
    case 0: return nil
    case 2:
      guard value <= UInt64(bytes.count - position) else { throw Self.damage }
      return (tag >> 3, position + Int(value))
    default: throw Self.damage
    }
  }

  private mutating func integer() throws(RPCError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Self.damage
  }

  private static let damage = RPCError(.internal, "the numbers of an answer can't be read")
}
