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

  private static func writePrefix(
    _ memory: UnsafeMutableRawPointer, _ count: Int
  ) -> UnsafeMutableRawPointer {
    memory.storeBytes(of: 0, as: UInt8.self)
    memory.storeBytes(
      of: UInt32(truncatingIfNeeded: count).bigEndian, toByteOffset: 1, as: UInt32.self)
    return memory + Limits.messagePrefix
  }
}
