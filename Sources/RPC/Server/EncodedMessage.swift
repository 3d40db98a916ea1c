public import Messages

/// A message in the form in which it goes over the wire, to be written to any number of responses:
/// what many clients get is encoded once.
///
///     let event = try EncodedMessage(WatchResponse(…))
///     for writer in watchers { try await writer.write(event) }
///
/// Its bytes are shared by all copies. Compression, where a call has it, is each response's own.
public struct EncodedMessage<Element: Message>: Sendable, Equatable {
  /// What goes over the wire, without gRPC's prefix.
  public let bytes: [UInt8]

  /// Encodes a message.
  public init(_ message: Element) throws(EncodingFailure) {
    bytes = try message.encoded()
  }

  /// Takes bytes that encode an `Element`, such as the encodings of its fields one after another:
  /// protobuf lets them be joined in any order. Nothing checks them here; clients will.
  public init(bytes: [UInt8]) {
    self.bytes = bytes
  }
}
