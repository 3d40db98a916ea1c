// Messages: plain Swift values to and from protobuf's wire. The only caller of protobuf-c; it knows
// nothing of calls, streams or storage. A decoding goes
//
//     bytes -> WireScan -> (WireNormalization) -> protobuf-c, in an Arena -> init(unpacked:)
//
// What becomes of protobuf-c's limits:
//
// - proto3's `optional`, strings that end at NUL, a lost -0.0: Protos/generate gives protobuf-c a
//   rewritten descriptor set; WireSchema.h keeps what that hides.
// - No check of UTF-8, no limit on nesting: WireScan refuses, and names the field.
// - 1 MB of input may take 64 MB: the arena has a cap.
// - A message in several parts loses some, a field of another wire type or a group fails the whole:
//   WireNormalization puts it right.
// - Unknown fields are dropped, not sent on; unknown numbers of enums are kept.
// - An entry of a map that holds an unknown field counts like any other.

/// A protobuf message as a plain Swift value. Only generated code conforms to it.
public protocol Message: Sendable, Equatable {
  /// A message with every field at its default.
  init()

  /// The full name, such as `orderwire.v1.AllocateRequest`.
  static var protoName: String { get }

  /// For generated code: the message's C tables.
  static var schema: UnsafeRawPointer { get }

  /// For generated code: takes over what protobuf-c unpacked and `WireScan` found sound.
  init(unpacked pointer: UnsafeRawPointer)

  /// For generated code: fills protobuf-c's struct, which is zeroed but for its descriptor.
  func pack(
    into pointer: UnsafeMutableRawPointer, using arena: Arena
  ) throws(EncodingFailure)
}

extension Message {
  /// The message that `bytes` hold. The arena is free for other use afterwards.
  @inlinable
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, using arena: Arena
  ) throws(DecodingFailure) -> Self {
    arena.reset()
    return Self(unpacked: try arena.unpack(bytes, schema))
  }

  /// Writes the message into the place that `reserve` gives; it is called once, with the exact
  /// size. The arena is free for other use afterwards.
  @inlinable
  public func encode(
    using arena: Arena, reserve: (Int) -> UnsafeMutableRawPointer
  ) throws(EncodingFailure) {
    arena.reset()
    let packed = try arena.pack(self)
    if let bytes = arena.writeSmall(packed) {
      let place = reserve(bytes.count)
      if let source = bytes.baseAddress { place.copyMemory(from: source, byteCount: bytes.count) }
    } else {
      let size = arena.packedSize(packed)
      arena.write(packed, to: reserve(size))
    }
  }

  /// Gives `body` the message's bytes, which lie in the arena and are valid only during the call.
  @inlinable
  public func withEncoded<Result>(
    using arena: Arena, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(EncodingFailure) -> Result {
    arena.reset()
    let packed = try arena.pack(self)
    if let bytes = arena.writeSmall(packed) { return body(bytes) }
    let size = arena.packedSize(packed)
    let place = try arena.allocate(size)
    arena.write(packed, to: place)
    return body(UnsafeRawBufferPointer(start: place, count: size))
  }

  /// The message that `bytes` hold, decoded with an arena of its own.
  public init(decoding bytes: [UInt8]) throws(DecodingFailure) {
    let arena = Arena(limit: Limits.ownArena)
    self = try bytes.withUnsafeBufferPointer { (buffer) throws(DecodingFailure) in
      try Self.decode(UnsafeRawBufferPointer(buffer), using: arena)
    }
  }

  /// The message's bytes, encoded with an arena of its own.
  public func encoded() throws(EncodingFailure) -> [UInt8] {
    try encoded(using: Arena(limit: Limits.ownArena))
  }

  /// The message's bytes. The arena is free for other use afterwards.
  public func encoded(using arena: Arena) throws(EncodingFailure) -> [UInt8] {
    arena.reset()
    let packed = try arena.pack(self)
    let size = arena.packedSize(packed)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      if let place = buffer.baseAddress { arena.write(packed, to: place) }
      count = size
    }
  }
}
