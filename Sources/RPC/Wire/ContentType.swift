/// What a content type says about the protocol of a call.
enum ContentType {
  /// gRPC with protobuf messages: `application/grpc`, with `+proto` or parameters behind it.
  case grpc
  /// gRPC with messages in another form, such as `application/grpc+json`: a call that gets gRPC's answer.
  case otherCodec
  /// Another protocol: `application/grpc-web`, or nothing of gRPC's.
  case other

  /// Reads a value of `content-type`, in which case doesn't matter (RFC 9110 section 8.3.1).
  init(_ value: UnsafeRawBufferPointer) {
    // What nearly every call has, without a look at each character.
    if value.isExactly("application/grpc") {
      self = .grpc
      return
    }
    guard let rest = value.dropping("application/grpc") else {
      self = .other
      return
    }
    if Self.endsType(rest) {
      self = .grpc
    } else if let codec = rest.dropping("+") {
      self = codec.dropping("proto").map(Self.endsType) == true ? .grpc : .otherCodec
    } else {
      self = .other
    }
  }

  private static func endsType(_ rest: UnsafeRawBufferPointer) -> Bool {
    guard let next = rest.first else { return true }
    return next == UInt8(ascii: ";") || next == UInt8(ascii: " ")
  }
}
