internal import HTTP2
internal import Messages

extension HTTP2Stream {
  /// Queues a message behind its prefix, encoded in the stream's own memory. `beforehand` is called
  /// when it is certain that the message can be encoded, and before its bytes are queued.
  func send(
    _ message: some Message, using arena: Arena, beforehand: () -> Void
  ) throws(EncodingFailure) {
    // Where the message goes when the stream takes no more: nowhere. `closed` says why.
    var nowhere: UnsafeMutableRawPointer?
    defer { nowhere?.deallocate() }
    try message.encode(using: arena) { count in
      beforehand()
      let whole = Limits.messagePrefix + count
      // The memory stays where it is until the stream's next append or flush, and neither comes
      // before the message is written: this is the loop's thread.
      var memory: UnsafeMutableRawPointer?
      sendData(count: whole) { memory = $0.baseAddress }
      if let memory { return Self.writePrefix(memory, count) }
      let place = UnsafeMutableRawPointer.allocate(byteCount: whole, alignment: 1)
      nowhere = place
      return Self.writePrefix(place, count)
    }
  }

  /// The same, compressed if that makes the message smaller.
  func send(
    _ message: some Message, using arena: Arena, _ deflater: Deflater, beforehand: () -> Void
  ) throws(EncodingFailure) {
    defer { deflater.forget() }
    var nowhere: UnsafeMutableRawPointer?
    defer { nowhere?.deallocate() }
    try message.encode(using: arena) { count in
      if let room = deflater.room(for: count) { return room }
      let place = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 1)
      nowhere = place
      return place
    }
    guard nowhere == nil else { throw EncodingFailure(.memoryLimit) }
    beforehand()
    let compressed = deflater.compress()
    send(compressed ?? deflater.plain, flag: compressed == nil ? 0 : 1)
  }

  /// Queues a message that is encoded already, compressed if there is a deflater and that makes it
  /// smaller.
  func send(encoded message: [UInt8], _ deflater: Deflater?) {
    message.withUnsafeBytes { plain in
      defer { deflater?.forget() }
      if let source = plain.baseAddress, let room = deflater?.room(for: plain.count) {
        room.copyMemory(from: source, byteCount: plain.count)
        if let compressed = deflater?.compress() { return send(compressed, flag: 1) }
      }
      send(plain, flag: 0)
    }
  }

  private func send(_ bytes: UnsafeRawBufferPointer, flag: UInt8) {
    sendData(count: Limits.messagePrefix + bytes.count) { memory in
      guard let start = memory.baseAddress else { return }
      let body = Self.writePrefix(start, bytes.count, flag: flag)
      if let source = bytes.baseAddress { body.copyMemory(from: source, byteCount: bytes.count) }
    }
  }

  private static func writePrefix(
    _ memory: UnsafeMutableRawPointer, _ count: Int, flag: UInt8 = 0
  ) -> UnsafeMutableRawPointer {
    memory.storeBytes(of: flag, as: UInt8.self)
    memory.storeBytes(
      of: UInt32(truncatingIfNeeded: count).bigEndian, toByteOffset: 1, as: UInt32.self)
    return memory + Limits.messagePrefix
  }
}
