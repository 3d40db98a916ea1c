/// Steps over the fields of one message on the wire. Every step checks the bounds.
struct WireReader {
  /// The whole input; positions count from here.
  let bytes: UnsafeRawPointer
  /// Where the next field begins.
  private(set) var position: Int
  /// Where the message ends.
  let end: Int

  /// The field that `next` stepped over: its number, its wire type and where its value lies. The
  /// range of a value of wire type 2 leaves out the length.
  struct Field {
    var number: UInt32
    var wireType: Int
    var range: Range<Int>
  }

  init(_ bytes: UnsafeRawPointer, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// Whether the message has no more fields.
  var isAtEnd: Bool { position == end }

  /// Steps over a field. Must not be called at the end.
  @inline(__always)
  mutating func next() throws(DecodingFailure) -> Field {
    let tag = try tag()
    let number = tag >> 3
    let wireType = Int(tag & 7)
    switch wireType {
    case 0:
      let start = position
      try skipVarint()
      return Field(number: number, wireType: 0, range: start..<position)
    case 1: return Field(number: number, wireType: 1, range: try take(8))
    case 2:
      let length = try length()
      return Field(number: number, wireType: 2, range: try take(length))
    case 3: return Field(number: number, wireType: 3, range: try skipGroup(number))
    case 5: return Field(number: number, wireType: 5, range: try take(4))
    default: throw DecodingFailure(.malformed)
    }
  }

  /// A field's number and wire type. The number is not 0, and the whole fits 32 bits.
  @inline(__always)
  private mutating func tag() throws(DecodingFailure) -> UInt32 {
    let first = byte(position)
    if first < 0x80 {
      position += 1
      guard first >= 8 else { throw DecodingFailure(.malformed) }
      return UInt32(first)
    }
    return try longTag()
  }

  private mutating func longTag() throws(DecodingFailure) -> UInt32 {
    var value: UInt64 = 0
    for index in 0..<min(5, end - position) {
      let byte = byte(position + index)
      value |= UInt64(byte & 0x7f) << (7 * index)
      if byte < 0x80 {
        guard value >= 8, value <= UInt64(UInt32.max) else { break }
        position += index + 1
        return UInt32(value)
      }
    }
    throw DecodingFailure(.malformed)
  }

  @inline(__always)
  private mutating func length() throws(DecodingFailure) -> Int {
    if position < end {
      let first = byte(position)
      if first < 0x80 {
        position += 1
        return Int(first)
      }
    }
    return try longLength()
  }

  private mutating func longLength() throws(DecodingFailure) -> Int {
    var value = 0
    for index in 0..<min(5, end - position) {
      let byte = byte(position + index)
      value |= Int(byte & 0x7f) << (7 * index)
      if byte < 0x80 {
        position += index + 1
        return value
      }
    }
    throw DecodingFailure(.malformed)
  }

  @inline(__always)
  private mutating func skipVarint() throws(DecodingFailure) {
    let last = min(position + 10, end)
    while position < last {
      position += 1
      if byte(position - 1) < 0x80 { return }
    }
    throw DecodingFailure(.malformed)
  }

  @inline(__always)
  private mutating func take(_ count: Int) throws(DecodingFailure) -> Range<Int> {
    guard count <= end - position else { throw DecodingFailure(.malformed) }
    let start = position
    position += count
    return start..<position
  }

  /// Skips to the end of a group, a form of proto2 that is only ever an unknown field here.
  private mutating func skipGroup(_ number: UInt32) throws(DecodingFailure) -> Range<Int> {
    let start = position
    var open = [number]
    while let innermost = open.last {
      guard !isAtEnd else { throw DecodingFailure(.malformed) }
      guard open.count <= Limits.nesting else { throw DecodingFailure(.nestedTooDeep) }
      let tag = try tag()
      switch tag & 7 {
      case 0: try skipVarint()
      case 1: _ = try take(8)
      case 2: _ = try take(try length())
      case 3: open.append(tag >> 3)
      case 4 where tag >> 3 == innermost: open.removeLast()
      case 5: _ = try take(4)
      default: throw DecodingFailure(.malformed)
      }
    }
    return start..<position
  }

  @inline(__always)
  private func byte(_ position: Int) -> UInt8 {
    bytes.load(fromByteOffset: position, as: UInt8.self)
  }
}
