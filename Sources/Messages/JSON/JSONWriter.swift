internal import CMessages

/// Writes messages on the wire as JSON, by their schema. For what this program encoded itself: known
/// fields, each singular one once.
struct JSONWriter {
  let bytes: UnsafeRawPointer
  private(set) var text = ""

  init(bytes: UnsafeRawPointer) { self.bytes = bytes }

  /// The numbers of FieldDescriptorProto.Type that need a form of their own.
  private enum Kind {
    static let double: UInt8 = 1
    static let float: UInt8 = 2
    static let bool: UInt8 = 8
    static let string: UInt8 = 9
    static let message: UInt8 = 11
    static let bytes: UInt8 = 12
    static let `enum`: UInt8 = 14
  }

  mutating func message(
    _ range: Range<Int>, _ schema: UnsafePointer<WireMessage>
  ) throws(DecodingFailure) {
    var values: [Int: [WireReader.Field]] = [:]
    var reader = WireReader(bytes, range)
    while !reader.isAtEnd {
      let field = try reader.next()
      guard let index = schema.pointee.index(of: field.number, hint: 0) else { continue }
      values[index, default: []].append(field)
    }
    text += "{"
    for (place, (index, fields)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
      let known = schema.pointee.fields + index
      if place > 0 { text += "," }
      string(String(cString: known.pointee.json_name))
      text += ":"
      try self.fields(fields, known, at: index, schema)
    }
    text += "}"
  }

  private mutating func fields(
    _ fields: [WireReader.Field], _ known: UnsafePointer<WireField>, at index: Int,
    _ schema: UnsafePointer<WireMessage>
  ) throws(DecodingFailure) {
    if known.pointee.shape == UInt8(WIRE_SHAPE_MAP), let entry = known.pointee.message {
      return try map(fields, entry)
    }
    let descriptor = schema.pointee.descriptor?.pointee.fields
    let isList = known.pointee.shape == UInt8(WIRE_SHAPE_REPEATED)
    if isList { text += "[" }
    var isFirst = true
    for field in fields {
      for range in try ranges(field, known) {
        if !isFirst { text += "," }
        isFirst = false
        try value(range, known, descriptor.map { $0 + index })
      }
    }
    if isList { text += "]" }
  }

  /// Where the values of a field are: several in a packed list, else one.
  private func ranges(
    _ field: WireReader.Field, _ known: UnsafePointer<WireField>
  ) throws(DecodingFailure) -> [Range<Int>] {
    guard field.wireType == 2, known.pointee.wire_type != 2 else { return [field.range] }
    let width = [1: 8, 5: 4][known.pointee.wire_type]
    var ranges: [Range<Int>] = []
    var start = field.range.lowerBound
    for position in field.range {
      let isLast =
        width.map { position + 1 - start == $0 }
        ?? (bytes.load(fromByteOffset: position, as: UInt8.self) < 0x80)
      guard isLast else { continue }
      ranges.append(start..<position + 1)
      start = position + 1
    }
    return ranges
  }

  /// An entry without a key or value has the default one.
  private mutating func map(
    _ entries: [WireReader.Field], _ schema: UnsafePointer<WireMessage>
  ) throws(DecodingFailure) {
    text += "{"
    for (place, entry) in entries.enumerated() {
      var parts: [UInt32: WireReader.Field] = [:]
      var reader = WireReader(bytes, entry.range)
      while !reader.isAtEnd {
        let part = try reader.next()
        parts[part.number] = part
      }
      if place > 0 { text += "," }
      guard let keyField = schema.pointee.fields else { continue }
      let descriptors = schema.pointee.descriptor?.pointee.fields
      var key = JSONWriter(bytes: bytes)
      try key.value(parts[1]?.range ?? 0..<0, keyField, descriptors)
      text += key.text.hasPrefix("\"") ? key.text : "\"\(key.text)\""
      text += ":"
      try value(parts[2]?.range ?? 0..<0, keyField + 1, descriptors.map { $0 + 1 })
    }
    text += "}"
  }

  /// One value; an empty range stands for the default of what isn't of variable length.
  private mutating func value(
    _ range: Range<Int>, _ known: UnsafePointer<WireField>,
    _ descriptor: UnsafePointer<ProtobufCFieldDescriptor>?
  ) throws(DecodingFailure) {
    switch known.pointee.kind {
    case Kind.double: number(Double(bitPattern: bits(range)))
    case Kind.float: number(Float(bitPattern: UInt32(truncatingIfNeeded: bits(range))))
    case Kind.bool: text += varint(range) != 0 ? "true" : "false"
    case Kind.string:
      string(String(decoding: UnsafeRawBufferPointer(rebasing: slice(range)), as: UTF8.self))
    case Kind.message:
      guard let schema = known.pointee.message else { return }
      if let time = try wellKnown(range, schema) {
        string(time)
      } else {
        try message(range, schema)
      }
    case Kind.bytes: string(base64(slice(range)))
    case Kind.enum: name(Int32(truncatingIfNeeded: varint(range)), descriptor)
    default: integer(range, known.pointee.kind)
    }
  }

  private mutating func integer(_ range: Range<Int>, _ kind: UInt8) {
    let raw = known64(range, kind)
    switch kind {
    case 3, 16: text += "\"\(Int64(bitPattern: raw))\""
    case 4, 6: text += "\"\(raw)\""
    case 18: text += "\"\(Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1))\""
    case 5, 15: text += "\(Int32(truncatingIfNeeded: raw))"
    case 17:
      text +=
        "\(Int32(truncatingIfNeeded: Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)))"
    default: text += "\(UInt32(truncatingIfNeeded: raw))"
    }
  }

  private func known64(_ range: Range<Int>, _ kind: UInt8) -> UInt64 {
    [6, 7, 15, 16].contains(kind) ? bits(range) : varint(range)
  }

  private mutating func number(_ value: some BinaryFloatingPoint & CustomStringConvertible) {
    if value.isNaN {
      text += "\"NaN\""
    } else if value.isInfinite {
      text += value < 0 ? "\"-Infinity\"" : "\"Infinity\""
    } else {
      text += value.description
    }
  }

  private mutating func name(
    _ number: Int32, _ descriptor: UnsafePointer<ProtobufCFieldDescriptor>?
  ) {
    let type = descriptor?.pointee.descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
    if let type, let value = protobuf_c_enum_descriptor_get_value(type, number) {
      string(String(cString: value.pointee.name))
    } else {
      text += "\(number)"
    }
  }

  /// The text of a time or a duration; nil for other messages.
  private func wellKnown(
    _ range: Range<Int>, _ schema: UnsafePointer<WireMessage>
  ) throws(DecodingFailure) -> String? {
    guard let descriptor = schema.pointee.descriptor else { return nil }
    let type = String(cString: descriptor.pointee.name)
    guard type == ProtoTimestamp.protoName || type == ProtoDuration.protoName else { return nil }
    var parts: [UInt32: Int64] = [:]
    var reader = WireReader(bytes, range)
    while !reader.isAtEnd {
      let field = try reader.next()
      parts[field.number] = Int64(bitPattern: varint(field.range))
    }
    let seconds = parts[1] ?? 0
    let nanos = Int32(truncatingIfNeeded: parts[2] ?? 0)
    return type == ProtoTimestamp.protoName
      ? ProtoTimestamp(seconds: seconds, nanos: nanos).text
      : ProtoDuration(seconds: seconds, nanos: nanos).text
  }

  // MARK: Parts

  private func slice(_ range: Range<Int>) -> Slice<UnsafeRawBufferPointer> {
    UnsafeRawBufferPointer(start: bytes + range.lowerBound, count: range.count)[...]
  }

  private func varint(_ range: Range<Int>) -> UInt64 {
    var value: UInt64 = 0
    for (place, byte) in slice(range).enumerated() {
      value |= UInt64(byte & 0x7F) << UInt64(7 * place)
    }
    return value
  }

  /// Little-endian, four or eight bytes.
  private func bits(_ range: Range<Int>) -> UInt64 {
    slice(range).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func string(_ value: String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..<" ", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  private func base64(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    var rest = bytes
    while !rest.isEmpty {
      let three = rest.prefix(3)
      rest = rest.dropFirst(3)
      let word = (0..<3).reduce(0) {
        $0 << 8 | ($1 < three.count ? Int(three[three.startIndex + $1]) : 0)
      }
      for place in 0..<4 {
        text.append(place <= three.count ? alphabet[word >> (18 - 6 * place) & 63] : "=")
      }
    }
    return text
  }
}
