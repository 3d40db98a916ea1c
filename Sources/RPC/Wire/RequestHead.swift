internal import HTTP2

/// What the header fields of a request say, read in one pass.
struct RequestHead {
  /// A request that isn't a gRPC call and is answered in plain HTTP.
  enum NotACall: Int {
    case methodNotAllowed = 405
    case unsupportedMediaType = 415
  }

  var notACall: NotACall? = .unsupportedMediaType
  var path = UnsafeRawBufferPointer(start: nil, count: 0)
  var timeout: Duration?
  var hasBadTimeout = false
  /// What `grpc-encoding` names; valid as long as `path` is.
  var encoding = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Whether the client takes messages that are compressed with gzip.
  var acceptsGzip = false

  /// Reads `headers`; what is the caller's own is added to `metadata`. The path is valid only as long
  /// as `headers` is.
  init(_ headers: HeaderList, metadata: inout Metadata) {
    var isPost = false
    for index in 0..<headers.count {
      let name = headers.name(at: index)
      let value = headers.value(at: index)
      switch name.count {
      case 5 where name.isExactly(":path"): path = value
      case 7 where name.isExactly(":method"): isPost = value.isExactly("POST")
      case 12 where name.isExactly("content-type"):
        if ContentType.isGRPC(value) { notACall = nil }
      case 12 where name.isExactly("grpc-timeout"):
        timeout = Timeout.parse(value)
        hasBadTimeout = timeout == nil
      case 13 where name.isExactly("grpc-encoding"):
        encoding = value
      case 20 where name.isExactly("grpc-accept-encoding"):
        if Compression.listsGzip(value) { acceptsGzip = true }
      default:
        if !Metadata.isReserved(name) { metadata.appendReceived(name, value) }
      }
    }
    if !isPost { notACall = .methodNotAllowed }
  }
}
