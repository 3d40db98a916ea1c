internal import CZlib

/// Decompresses gzip messages, one after the other, with one state of zlib. Confined to a loop.
final class Inflater {
  /// Why a message can't be decompressed.
  enum Failure: Error, Hashable {
    /// It would be larger than the limit.
    case tooLarge(limit: Int)
    /// It isn't gzip, or its check sum is wrong; with zlib's words for it.
    case damaged(String)
    /// It ends before the end of gzip's data.
    case truncated
    /// There is something other than one more gzip member behind the first.
    case trailingBytes
    /// zlib, or the message, got no memory.
    case noMemory
  }

  // zlib keeps a pointer back to it, so it has a place of its own.
  private let stream: UnsafeMutablePointer<z_stream>
  private let isReady: Bool
  private var output = ScratchMemory()

  /// What DEFLATE can make of a byte at most, rounded up: no announced size beyond it is believed.
  private static let largestRatio = 1032
  /// The output's first size where the message's own words don't tell.
  private static let leastOutput = 4096

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    isReady = orderwire_zlib_inflate_gzip(stream) == Z_OK
  }

  deinit {
    if isReady { inflateEnd(stream) }
    stream.deallocate()
  }

  /// What `bytes` stand for; valid until `forget`. The output never has room for more than `limit`
  /// bytes, however much the message would give.
  ///
  /// A gzip file is a series of members (RFC 1952 section 2.2), and stands for all of them joined.
  func decompress(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(Failure) -> UnsafeRawBufferPointer {
    guard isReady, inflateReset(stream) == Z_OK,
      output.grow(to: Self.firstCapacity(bytes, limit: limit))
    else { throw .noMemory }
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(truncatingIfNeeded: bytes.count)
    var used = 0
    while true {
      switch try step(&used, limit: limit) {
      case Z_STREAM_END:
        guard stream.pointee.avail_in > 0 else {
          return UnsafeRawBufferPointer(rebasing: output.memory[..<used])
        }
        guard isAtMember, inflateReset(stream) == Z_OK else { throw .trailingBytes }
      case Z_OK, Z_BUF_ERROR:
        // It stops only for want of room or of input.
        guard stream.pointee.avail_out == 0 else { throw .truncated }
      case Z_MEM_ERROR: throw .noMemory
      default: throw .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "not gzip")
      }
    }
  }

  /// Bytes that there is room for now.
  var roomBytes: Int { output.capacity }

  /// The decompressed message isn't needed any more.
  func forget() { output.forget() }

  /// Lets zlib go on until it wants more room or more input; returns its code.
  private func step(_ used: inout Int, limit: Int) throws(Failure) -> Int32 {
    if used == output.capacity, used < limit {
      guard output.grow(to: min(limit, used * 2)) else { throw .noMemory }
    }
    // At the limit there is room for one byte outside of the output, which tells whether there is one.
    var beyond: UInt8 = 0
    let (code, written) = withUnsafeMutableBytes(of: &beyond) { beyond in
      let end = min(output.capacity, limit)
      let room =
        used < limit ? UnsafeMutableRawBufferPointer(rebasing: output.memory[used..<end]) : beyond
      stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(truncatingIfNeeded: room.count)
      let code = inflate(stream, Z_NO_FLUSH)
      return (code, room.count - Int(stream.pointee.avail_out))
    }
    used += written
    guard used <= limit else { throw .tooLarge(limit: limit) }
    return code
  }

  /// Whether one more member follows.
  private var isAtMember: Bool {
    guard stream.pointee.avail_in >= 2, let next = stream.pointee.next_in else { return false }
    return next[0] == 0x1F && next[1] == 0x8B
  }

  /// The size that a gzip file of one member ends with, as far as it can be true.
  private static func firstCapacity(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Int {
    var announced = 0
    for byte in bytes.suffix(4).reversed() { announced = announced << 8 | Int(byte) }
    return min(limit, max(leastOutput, min(announced, bytes.count * largestRatio)))
  }
}

extension Inflater {
  /// Calls `body` with what `bytes` stand for.
  func withDecompressed<Value>(
    _ bytes: UnsafeRawBufferPointer, limit: Int,
    _ body: (UnsafeRawBufferPointer) throws(RPCError) -> Value
  ) throws(RPCError) -> Value {
    defer { forget() }
    let whole: UnsafeRawBufferPointer
    do throws(Failure) {
      whole = try decompress(bytes, limit: limit)
    } catch {
      throw RPCError(error)
    }
    return try body(whole)
  }
}

extension RPCError {
  /// Why a compressed message could not be read.
  init(_ failure: Inflater.Failure) {
    switch failure {
    case .tooLarge(let limit):
      self.init(.resourceExhausted, "a message is larger than \(limit) bytes when decompressed")
    case .damaged(let reason):
      self.init(.internal, "a message can't be decompressed: \(reason)")
    case .truncated:
      self.init(.internal, "a message can't be decompressed: its gzip data ends too early")
    case .trailingBytes:
      self.init(.internal, "a message can't be decompressed: bytes follow its gzip data")
    case .noMemory:
      self.init(.resourceExhausted, "there is no memory to decompress a message")
    }
  }
}
