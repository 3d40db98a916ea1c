internal import HTTP2

/// What the header fields of a response, or its trailers, say.
struct ResponseHead {
  private(set) var httpStatus: Int?
  private(set) var isGRPC = false
  /// How the response's compressed messages are compressed; nil if it isn't known here.
  private(set) var compression: Compression? = .identity
  /// The name of an encoding that isn't known.
  private(set) var unknownEncoding: String?
  private var code: Int?
  private var message = ""
  private var details: [UInt8]?
  private var metadata = Metadata()

  /// Reads `headers`; what isn't the protocol's own is added to `metadata`.
  init(_ headers: HeaderList, metadata: inout Metadata) {
    for index in 0..<headers.count {
      let name = headers.name(at: index)
      let value = headers.value(at: index)
      switch name.count {
      case 7 where name.isExactly(":status"): httpStatus = Self.number(value)
      case 12 where name.isExactly("content-type"): isGRPC = ContentType(value) == .grpc
      case 11 where name.isExactly("grpc-status"): code = Self.number(value) ?? -1
      case 12 where name.isExactly("grpc-message"): message = PercentEncoding.decode(value)
      case 13 where name.isExactly("grpc-encoding"):
        compression = Compression(value)
        if compression == nil { unknownEncoding = CallCompression.shown(value) }
      case 23 where name.isExactly("grpc-status-details-bin"): details = Base64.decode(value)
      default: if Metadata.isDelivered(name) { metadata.appendReceived(name, value) }
      }
    }
    self.metadata = metadata
  }

  /// The status, if there is one. A code that isn't known is UNKNOWN.
  var status: Result<Void, RPCError>? {
    guard let code else { return nil }
    if code == 0 { return .success(()) }
    var error = RPCError(StatusCode(rawValue: code) ?? .unknown, message, trailers: metadata)
    if let details { error.unpackDetails(details) }
    return .failure(error)
  }

  private static func number(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard (1...3).contains(bytes.count) else { return nil }
    var number = 0
    for byte in bytes {
      guard (0x30...0x39).contains(byte) else { return nil }
      number = number * 10 + Int(byte - 0x30)
    }
    return number
  }
}

extension RPCError {
  /// What a stream that closed without a status says.
  init(closed reason: StreamClose) {
    switch reason {
    case .complete: self.init(.internal, "the stream has ended without a status")
    case .connectionLost: self.init(.unavailable, "the connection was lost")
    case .reset(let code):
      var message = "the server reset the stream with \(code)"
      // gRPC wants more said of these two.
      if code == .enhanceYourCalm { message += ": it is asked too much of" }
      if code == .inadequateSecurity {
        message += ": the connection is not secure enough for the call"
      }
      self.init(StatusCode(http2ErrorCode: code.rawValue), message)
    }
  }
}
