import RPC

/// Looks at the answer of an Allocate as it came over the wire: how many numbers it has, and that each
/// comes with its token. The load shares the machine with the server, and to make a message of a
/// hundred numbers costs more than to send for them.
enum HandedCheck {
  // From allocation.proto.
  private static let numbers: UInt64 = 1
  private static let number: UInt64 = 1
  private static let token: UInt64 = 2

  /// Counts the numbers of an encoded AllocateResponse.
  static func count(_ bytes: UnsafeRawBufferPointer) throws(RPCError) -> Int {
    var fields = WireFields(bytes)
    var count = 0
    while let (number, field) = try fields.next() {
      guard number == numbers, case .bytes(let range) = field else { continue }
      try check(WireFields(bytes, range))
      count += 1
    }
    return count
  }

  private static func check(_ fields: WireFields) throws(RPCError) {
    var fields = fields
    var hasNumber = false
    var hasToken = false
    while let (name, field) = try fields.next() {
      guard case .bytes(let range) = field, !range.isEmpty else { continue }
      hasNumber = hasNumber || name == number
      hasToken = hasToken || name == token
    }
    guard hasNumber, hasToken else { throw WireFields.damage }
  }
}
