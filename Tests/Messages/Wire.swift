import Messages

/// A field of wire type 2 as it stands on the wire.
func wire(_ number: Int, _ content: [UInt8]) -> [UInt8] {
  varintBytes(number << 3 | 2) + varintBytes(content.count) + content
}

/// The same with text.
func wire(_ number: Int, _ content: String) -> [UInt8] {
  wire(number, Array(content.utf8))
}

/// A field of wire type 0 as it stands on the wire.
func varint(_ number: Int, _ value: Int) -> [UInt8] {
  varintBytes(number << 3) + varintBytes(value)
}

private func varintBytes(_ value: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  var rest = UInt(bitPattern: value)
  while rest >= 0x80 {
    bytes.append(UInt8(rest & 0x7f) | 0x80)
    rest >>= 7
  }
  return bytes + [UInt8(rest)]
}

/// Decodes with an arena that the caller has.
func decode<M: Message>(
  _ type: M.Type, _ bytes: [UInt8], _ arena: Arena
) throws(DecodingFailure) -> M {
  try bytes.withUnsafeBufferPointer { (buffer) throws(DecodingFailure) in
    try M.decode(UnsafeRawBufferPointer(buffer), using: arena)
  }
}
