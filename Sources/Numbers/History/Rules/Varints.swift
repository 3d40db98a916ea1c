/// A payload of events that can't be read: storage has changed it.
package struct EventDamage: Error, Equatable {
  /// Where it was noticed.
  package var position: Int
}

/// Writes numbers with 7 bits a byte, the lowest first.
package struct VarintWriter {
  package private(set) var bytes: [UInt8] = []

  /// Grows as needed; `capacity` bytes are a first guess.
  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  package mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

  package mutating func byte(_ value: UInt8) { bytes.append(value) }

  /// All 8 bytes, the lowest first.
  package mutating func fixed(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func integer(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// The sign in the lowest bit, so that small negative numbers are short too.
  package mutating func signed(_ value: Int64) {
    integer(UInt64(bitPattern: value &<< 1) ^ UInt64(bitPattern: value &>> 63))
  }

  /// A value as the difference from the one before, wrapping round at 64 bits.
  package mutating func difference(_ value: Int64, from before: inout Int64) {
    signed(value &- before)
    before = value
  }

  package mutating func text(_ value: String) {
    integer(UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  /// Bytes that say themselves where they end.
  package mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

  /// Bytes, behind their count.
  package mutating func append(_ value: [UInt8]) {
    integer(UInt64(value.count))
    bytes.append(contentsOf: value)
  }
}

/// Reads what `VarintWriter` wrote. It trusts no byte.
package struct VarintReader {
  private let bytes: [UInt8]
  package private(set) var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package var isAtEnd: Bool { position >= bytes.count }

  func isNext(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

  /// Goes on at another place.
  package mutating func move(to place: Int) { position = place }

  package mutating func byte() throws(EventDamage) -> UInt8 {
    guard position < bytes.count else { throw EventDamage(position: position) }
    defer { position += 1 }
    return bytes[position]
  }

  package mutating func flag() throws(EventDamage) -> Bool {
    let start = position
    let value = try byte()
    guard value <= 1 else { throw EventDamage(position: start) }
    return value == 1
  }

  package mutating func integer() throws(EventDamage) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte()
      // The tenth byte has room for one bit.
      guard shift < 63 || next <= 1 else { throw EventDamage(position: start) }
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
      shift += 7
    }
  }

  package mutating func integer<Narrow: FixedWidthInteger>(
    as: Narrow.Type
  ) throws(EventDamage) -> Narrow {
    let start = position
    guard let value = Narrow(exactly: try integer()) else { throw EventDamage(position: start) }
    return value
  }

  package mutating func signed() throws(EventDamage) -> Int64 {
    let value = try integer()
    return Int64(bitPattern: value &>> 1) ^ (0 &- Int64(bitPattern: value & 1))
  }

  package mutating func signed<Narrow: FixedWidthInteger>(
    as: Narrow.Type
  ) throws(EventDamage) -> Narrow {
    let start = position
    guard let value = Narrow(exactly: try signed()) else { throw EventDamage(position: start) }
    return value
  }

  package mutating func difference(from before: inout Int64) throws(EventDamage) -> Int64 {
    before = before &+ (try signed())
    return before
  }

  package mutating func text() throws(EventDamage) -> String {
    let start = position
    let length = try integer()
    guard length <= UInt64(bytes.count - position) else { throw EventDamage(position: start) }
    let end = position + Int(length)
    guard let text = String(validating: bytes[position..<end], as: UTF8.self) else {
      throw EventDamage(position: start)
    }
    position = end
    return text
  }

  package mutating func array() throws(EventDamage) -> [UInt8] {
    let start = position
    let length = try integer()
    guard length <= UInt64(bytes.count - position) else { throw EventDamage(position: start) }
    defer { position += Int(length) }
    return Array(bytes[position..<position + Int(length)])
  }
}
