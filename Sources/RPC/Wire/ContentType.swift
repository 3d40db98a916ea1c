/// What a content type says about the protocol of a call.
enum ContentType {
  /// Whether this is gRPC with protobuf messages: `application/grpc`, with `+proto` or a parameter
  /// behind it. Other codecs (`application/grpc+json`) and protocols (`application/grpc-web`) are not.
  static func isGRPC(_ value: UnsafeRawBufferPointer) -> Bool {
    guard let rest = value.dropping("application/grpc") else { return false }
    return endsType(rest) || (rest.dropping("+proto").map(endsType) ?? false)
  }

  private static func endsType(_ rest: UnsafeRawBufferPointer) -> Bool {
    guard let next = rest.first else { return true }
    return next == UInt8(ascii: ";") || next == UInt8(ascii: " ")
  }
}
