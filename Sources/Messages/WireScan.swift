internal import CMessages

/// Looks a message over before protobuf-c gets it, for what protobuf-c doesn't check: how deep
/// messages are nested, and whether strings are UTF-8 without NUL. Finds also what protobuf-c would
/// get wrong, so that `WireNormalization` can put it right.
struct WireScan {
  private let bytes: UnsafeRawPointer

  /// Whether protobuf-c would get something wrong: a singular message that comes in several parts,
  /// a known field of another wire type, or a group.
  private(set) var needsNormalization = false

  /// Throws if the bytes are not a sound message.
  init(_ input: UnsafeRawBufferPointer, _ schema: UnsafePointer<WireMessage>)
    throws(DecodingFailure)
  {
    guard input.count <= Limits.messageBytes else { throw DecodingFailure(.memoryLimit) }
    guard let start = input.baseAddress else {
      bytes = UnsafeRawPointer(schema)  // not read: there are no bytes
      return
    }
    bytes = start
    try message(0..<input.count, schema, depth: 1)
  }

  private mutating func message(
    _ range: Range<Int>, _ schema: UnsafePointer<WireMessage>, depth: Int
  ) throws(DecodingFailure) {
    guard depth <= Limits.nesting else { throw DecodingFailure(.nestedTooDeep) }
    var reader = WireReader(bytes, range)
    var hint = 0
    // One bit for each singular message seen. With more than 64 fields two share a bit, which costs
    // a needless normalization and nothing else.
    var seen: UInt64 = 0
    while !reader.isAtEnd {
      let field = try reader.next()
      guard let index = schema.pointee.index(of: field.number, hint: hint) else {
        if field.wireType == 3 { needsNormalization = true }
        continue
      }
      hint = index
      let known = schema.pointee.fields + index
      guard field.wireType == Int(known.pointee.wire_type) else {
        if field.wireType != 2 || known.pointee.packable == 0 {
          needsNormalization = true
        } else if !isSoundRun(field.range, of: known.pointee.wire_type) {
          throw DecodingFailure(.malformed, field: String(cString: known.pointee.name))
        }
        continue
      }
      guard field.wireType == 2, known.pointee.kind != 12 else { continue }
      do throws(DecodingFailure) {
        if let nested = known.pointee.message {
          if known.pointee.isSingular {
            let bit: UInt64 = 1 << UInt64(index & 63)
            if seen & bit != 0 { needsNormalization = true }
            seen |= bit
          }
          try message(field.range, nested, depth: depth + 1)
        } else {
          try string(field.range)
        }
      } catch {
        throw error.inside(
          String(cString: known.pointee.name),
          index: known.pointee.isSingular ? nil : occurrences(of: field, from: range))
      }
    }
  }

  /// Whether the packed values at `range` are whole.
  private func isSoundRun(_ range: Range<Int>, of wireType: UInt8) -> Bool {
    switch wireType {
    case 1: return range.count % 8 == 0
    case 5: return range.count % 4 == 0
    default:
      var length = 0
      for position in range {
        length += 1
        guard length <= 10 else { return false }
        if bytes.load(fromByteOffset: position, as: UInt8.self) < 0x80 { length = 0 }
      }
      return length == 0
    }
  }

  @inline(__always)
  private func string(_ range: Range<Int>) throws(DecodingFailure) {
    switch UTF8Check.check(bytes + range.lowerBound, range.count) {
    case .sound: return
    case .nul: throw DecodingFailure(.nulInString)
    case .invalid: throw DecodingFailure(.invalidUTF8)
    }
  }

  /// How many fields of this number and wire type come before this one in the message at `range`.
  private func occurrences(of field: WireReader.Field, from range: Range<Int>) -> Int {
    var reader = WireReader(bytes, range)
    var count = 0
    while let earlier = try? reader.next(), earlier.range.lowerBound < field.range.lowerBound {
      if earlier.number == field.number && earlier.wireType == field.wireType { count += 1 }
    }
    return count
  }
}

extension WireMessage {
  /// The place of the field with this number. Fields mostly come in order, so it looks near the
  /// place of the one before first.
  @inline(__always)
  func index(of number: UInt32, hint: Int) -> Int? {
    let count = Int(field_count)
    if hint < count && fields[hint].number == number { return hint }
    if hint + 1 < count && fields[hint + 1].number == number { return hint + 1 }
    return searchedIndex(of: number)
  }

  private func searchedIndex(of number: UInt32) -> Int? {
    var low = 0
    var high = Int(field_count)
    while low < high {
      let middle = (low + high) / 2
      let found = fields[middle].number
      if found == number { return middle }
      if found < number { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}

extension WireField {
  /// Whether the field holds one value at most.
  var isSingular: Bool { shape < UInt8(WIRE_SHAPE_REPEATED) }
}
