internal import CMessages

/// For generated code: what its `pack` functions put into the arena.
extension Arena {
  /// A zeroed struct of protobuf-c for the message with this schema.
  public func message(
    _ schema: UnsafeRawPointer
  ) throws(EncodingFailure) -> UnsafeMutableRawPointer {
    let descriptor = schema.assumingMemoryBound(to: WireMessage.self).pointee.descriptor
    let size = descriptor?.pointee.sizeof_message ?? 0
    let place = try allocate(size)
    place.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    place.assumingMemoryBound(to: ProtobufCMessage.self).pointee.descriptor = descriptor
    return place
  }

  /// A message inside another.
  @inlinable
  public func pack(
    _ message: some Message
  ) throws(EncodingFailure) -> UnsafeMutableRawPointer {
    let place = try self.message(type(of: message).schema)
    try message.pack(into: place, using: self)
    return place
  }

  /// A list of messages: an array of pointers to them.
  @inlinable
  public func pack(
    all messages: [some Message]
  ) throws(EncodingFailure) -> UnsafeMutableRawPointer {
    let places = try pointers(messages.count)
    for (index, message) in messages.enumerated() {
      places[index] = try pack(message)
    }
    return UnsafeMutableRawPointer(places)
  }

  /// Room for `count` pointers.
  public func pointers(
    _ count: Int
  ) throws(EncodingFailure) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
    let stride = MemoryLayout<UnsafeMutableRawPointer?>.stride
    let place = try allocate(count * stride)
    let pointers = place.bindMemory(to: UnsafeMutableRawPointer?.self, capacity: count)
    pointers.initialize(repeating: nil, count: count)
    return pointers
  }

  /// A string's UTF-8.
  public func copy(
    _ string: String
  ) throws(EncodingFailure) -> UnsafeMutableBufferPointer<UInt8> {
    let count = string.utf8.count
    let place = try allocate(count).bindMemory(to: UInt8.self, capacity: count)
    let buffer = UnsafeMutableBufferPointer(start: place, count: count)
    _ = buffer.initialize(from: string.utf8)
    return buffer
  }

  /// Bytes.
  public func copy(
    _ bytes: [UInt8]
  ) throws(EncodingFailure) -> UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(start: try copy(list: bytes), count: bytes.count)
  }

  /// A list of numbers.
  @inlinable
  public func copy<List: Collection>(
    list: List
  ) throws(EncodingFailure) -> UnsafeMutablePointer<List.Element>
  where List.Element: BitwiseCopyable {
    let count = list.count
    let place = try allocate(count * MemoryLayout<List.Element>.stride)
    let numbers = place.bindMemory(to: List.Element.self, capacity: count)
    _ = UnsafeMutableBufferPointer(start: numbers, count: count).initialize(from: list)
    return numbers
  }

  /// A list of strings.
  public func copy(
    all strings: [String]
  ) throws(EncodingFailure) -> UnsafeMutableRawPointer {
    let list = try binaryData(strings.count)
    for (index, string) in strings.enumerated() {
      let bytes = try copy(string)
      list[index] = ProtobufCBinaryData(len: bytes.count, data: bytes.baseAddress)
    }
    return UnsafeMutableRawPointer(list)
  }

  /// A list of byte strings.
  public func copy(
    all values: [[UInt8]]
  ) throws(EncodingFailure) -> UnsafeMutableRawPointer {
    let list = try binaryData(values.count)
    for (index, value) in values.enumerated() {
      let bytes = try copy(value)
      list[index] = ProtobufCBinaryData(len: bytes.count, data: bytes.baseAddress)
    }
    return UnsafeMutableRawPointer(list)
  }

  private func binaryData(
    _ count: Int
  ) throws(EncodingFailure) -> UnsafeMutablePointer<ProtobufCBinaryData> {
    let place = try allocate(count * MemoryLayout<ProtobufCBinaryData>.stride)
    return place.bindMemory(to: ProtobufCBinaryData.self, capacity: count)
  }
}
