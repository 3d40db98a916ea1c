/// Writes fields of protobuf into memory that was measured for them beforehand. What doesn't fit ends the
/// process: it was measured wrongly.
package struct WireWriter {
  private let room: UnsafeMutableBufferPointer<UInt8>
  /// The bytes that are written.
  package private(set) var count = 0

  /// Into `room`, which stays valid as long as the writer is used.
  package init(_ room: UnsafeMutableBufferPointer<UInt8>) { self.room = room }

  /// What a field of an integer type takes, of those whose number is below 16; protobuf leaves out what
  /// is 0.
  package static func size(ofField value: UInt64) -> Int { value == 0 ? 0 : 1 + size(of: value) }

  /// What a field of so many bytes takes with its number and its length.
  package static func size(ofLength length: Int) -> Int { 1 + size(of: UInt64(length)) + length }

  private static func size(of value: UInt64) -> Int {
    (UInt64.bitWidth - (value | 1).leadingZeroBitCount + 6) / 7
  }

  package mutating func field(_ number: UInt64, _ value: UInt64) {
    guard value != 0 else { return }
    integer(number << 3)
    integer(value)
  }

  /// The beginning of a field of so many bytes.
  package mutating func length(_ number: UInt64, _ length: Int) {
    integer(number << 3 | 2)
    integer(UInt64(length))
  }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    _ = take(bytes.count).initialize(fromContentsOf: bytes)
  }

  package mutating func append(_ text: String) {
    let place = take(text.utf8.count)
    _ = place.initialize(from: text.utf8)
  }

  /// Says where they are now.
  mutating func append(_ bytes: [UInt8]) -> UnsafeMutableBufferPointer<UInt8> {
    let place = take(bytes.count)
    _ = place.initialize(fromContentsOf: bytes)
    return place
  }

  /// Writes the last `size` bytes again, and says where what was at `part` of them is now.
  mutating func repeatLast(
    _ size: Int, _ part: UnsafeMutableBufferPointer<UInt8>
  ) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(size <= count)
    let before = UnsafeMutableBufferPointer(rebasing: room[(count - size)..<count])
    _ = take(size).initialize(fromContentsOf: before)
    return UnsafeMutableBufferPointer(start: part.baseAddress.map { $0 + size }, count: part.count)
  }

  private mutating func integer(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      byte(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    byte(UInt8(truncatingIfNeeded: rest))
  }

  private mutating func byte(_ value: UInt8) {
    precondition(count < room.count)
    room.initializeElement(at: count, to: value)
    count += 1
  }

  private mutating func take(_ size: Int) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(size <= room.count - count)
    defer { count += size }
    return UnsafeMutableBufferPointer(rebasing: room[count..<(count + size)])
  }
}
