/// A protobuf message as a plain Swift value.
public protocol Message: Sendable, Equatable {
  /// The message with every field at its default.
  init()
  /// The full name, e.g. `orderwire.v1.AllocateRequest`.
  static var protoName: String { get }
  /// Reads a message; `arena` bounds what the bytes may allocate.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, using arena: Arena
  ) throws(DecodingFailure) -> Self
  /// Writes the message to the memory that `reserve`, called once with the exact size, gives.
  func encode(
    using arena: Arena, reserve: (Int) -> UnsafeMutableRawPointer
  ) throws(EncodingFailure)
}

/// Memory for one message at a time. Not `Sendable`: one a loop or thread.
public final class Arena {
  /// An arena that gives at most `limit` bytes a message.
  public init(limit: Int = 16 << 20) {}
}

/// Why bytes aren't the message they should be.
public struct DecodingFailure: Error, Sendable {}

/// Why a message can't be written.
public struct EncodingFailure: Error, Sendable {}
