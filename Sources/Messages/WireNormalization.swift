internal import CMessages

/// Rewrites a sound message so that protobuf-c reads it as protobuf's rules have it. Only messages
/// that `WireScan` marked come here; no client that we know of sends any, but the rules allow them.
///
/// - A singular message in several parts is put together: the bytes of the parts, one after another.
/// - A known field of another wire type, and a group, count as unknown and are left out.
struct WireNormalization {
  /// What may still be copied; parts inside parts are copied more than once.
  private var budget: Int

  /// The rewritten message; `limit` bounds the work and the memory.
  static func normalized(
    _ input: UnsafeRawBufferPointer, _ schema: UnsafePointer<WireMessage>, limit: Int
  ) throws(DecodingFailure) -> [UInt8] {
    guard let start = input.baseAddress else { return [] }
    var normalization = WireNormalization(budget: limit)
    return try normalization.message(start, 0..<input.count, schema)
  }

  private init(budget: Int) {
    self.budget = budget
  }

  private mutating func message(
    _ bytes: UnsafeRawPointer, _ range: Range<Int>, _ schema: UnsafePointer<WireMessage>
  ) throws(DecodingFailure) -> [UInt8] {
    budget -= range.count
    guard budget >= 0 else { throw DecodingFailure(.memoryLimit) }
    let parts = try self.parts(bytes, range, schema)
    var out: [UInt8] = []
    out.reserveCapacity(range.count)
    var reader = WireReader(bytes, range)
    while !reader.isAtEnd {
      let start = reader.position
      let field = try reader.next()
      guard let known = schema.pointee.field(field) else { continue }
      guard let nested = known.pointee.message, field.wireType == 2 else {
        out += UnsafeRawBufferPointer(start: bytes + start, count: reader.position - start)
        continue
      }
      var content: [UInt8]
      if known.pointee.isSingular {
        // All its parts stand where the last one stood.
        let all = parts[field.number] ?? []
        guard all.last == field.range else { continue }
        content = try merged(all, bytes, nested)
      } else {
        content = try message(bytes, field.range, nested)
      }
      appendVarint(UInt64(field.number) << 3 | 2, to: &out)
      appendVarint(UInt64(content.count), to: &out)
      out += content
    }
    return out
  }

  private mutating func merged(
    _ parts: [Range<Int>], _ bytes: UnsafeRawPointer, _ schema: UnsafePointer<WireMessage>
  ) throws(DecodingFailure) -> [UInt8] {
    if parts.count == 1 { return try message(bytes, parts[0], schema) }
    var joined: [UInt8] = []
    for part in parts {
      joined += UnsafeRawBufferPointer(start: bytes + part.lowerBound, count: part.count)
    }
    return try joined.withUnsafeBufferPointer { (buffer) throws(DecodingFailure) in
      guard let start = buffer.baseAddress else { return [] }
      return try message(UnsafeRawPointer(start), 0..<buffer.count, schema)
    }
  }

  /// The parts of each singular message, by number. In a oneof only the last member counts, with
  /// its parts since another member was there.
  private func parts(
    _ bytes: UnsafeRawPointer, _ range: Range<Int>, _ schema: UnsafePointer<WireMessage>
  ) throws(DecodingFailure) -> [UInt32: [Range<Int>]] {
    var parts: [UInt32: [Range<Int>]] = [:]
    var lastOfOneof: [UInt32: UInt32] = [:]
    var reader = WireReader(bytes, range)
    while !reader.isAtEnd {
      let field = try reader.next()
      guard let known = schema.pointee.field(field), known.pointee.isSingular else { continue }
      if known.pointee.shape == UInt8(WIRE_SHAPE_ONEOF) {
        let oneof = schema.pointee.oneof(known)
        if let last = lastOfOneof[oneof], last != field.number { parts[last] = nil }
        lastOfOneof[oneof] = field.number
      }
      if known.pointee.message != nil { parts[field.number, default: []].append(field.range) }
    }
    return parts
  }

  private func appendVarint(_ value: UInt64, to out: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(rest))
  }
}

extension WireMessage {
  /// The known field that `found` is; nil if it is none, also for its wire type.
  fileprivate func field(_ found: WireReader.Field) -> UnsafePointer<WireField>? {
    guard let index = index(of: found.number, hint: 0), let fields else { return nil }
    let known = fields + index
    let fits =
      found.wireType == Int(known.pointee.wire_type)
      || (found.wireType == 2 && known.pointee.packable != 0)
    return fits ? known : nil
  }

  /// What the members of a oneof have in common: where protobuf-c's struct tells which one is set.
  fileprivate func oneof(_ field: UnsafePointer<WireField>) -> UInt32 {
    guard let fields, let descriptor else { return 0 }
    return descriptor.pointee.fields[field - fields].quantifier_offset
  }
}
