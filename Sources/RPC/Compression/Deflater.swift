internal import CZlib

/// Compresses messages with gzip, one after the other, with one state of zlib. Confined to a loop.
///
/// A message is written into `room(for:)`, then `compress` is called, then `forget`.
final class Deflater {
  // zlib keeps a pointer back to it, so it has a place of its own.
  private let stream: UnsafeMutablePointer<z_stream>
  private let isReady: Bool
  private var input = ScratchMemory()
  private var inputCount = 0
  private var output = ScratchMemory()

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    isReady = orderwire_zlib_deflate_gzip(stream, Limits.compressionLevel) == Z_OK
  }

  deinit {
    if isReady { deflateEnd(stream) }
    stream.deallocate()
  }

  /// Where a message of `count` bytes is to be written; nil if there is no memory for it.
  func room(for count: Int) -> UnsafeMutableRawPointer? {
    inputCount = count
    // One byte at least, so that an empty message has an address.
    guard input.grow(to: max(count, 1)) else { return nil }
    return input.memory.baseAddress
  }

  /// The message as it was written.
  var plain: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: input.memory[..<inputCount])
  }

  /// The message compressed; nil if that isn't smaller, which gRPC leaves to the sender.
  func compress() -> UnsafeRawBufferPointer? {
    guard isReady, inputCount > 1, deflateReset(stream) == Z_OK,
      output.grow(to: inputCount - 1)
    else { return nil }
    let room = UnsafeMutableRawBufferPointer(rebasing: output.memory[..<(inputCount - 1)])
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: plain.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(truncatingIfNeeded: inputCount)
    stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(truncatingIfNeeded: room.count)
    guard deflate(stream, Z_FINISH) == Z_STREAM_END else { return nil }
    return UnsafeRawBufferPointer(rebasing: room[..<(room.count - Int(stream.pointee.avail_out))])
  }

  /// The message isn't needed any more.
  func forget() {
    input.forget()
    output.forget()
  }
}
