internal import HTTP2

/// What the header fields of a request say, read in one pass.
struct RequestHead {
  /// A request that isn't a gRPC call and is answered in plain HTTP.
  enum NotACall: Int {
    case methodNotAllowed = 405
    case unsupportedMediaType = 415
  }

  /// A gRPC call that can't be taken for what its header fields say.
  enum Flaw {
    /// A field that may be there once is there again: which of them counts, nobody can know.
    case repeated(StaticString)
    case timeout
    /// Messages in another form than protobuf's.
    case codec
    /// Without `te: trailers`: on the way is a proxy that may lose the trailers, and with them the
    /// status. HTTP2 lets no other value through.
    case noTrailers
    /// The value of a key that ends in `-bin` isn't Base64; the key is named.
    case notBase64(String)
  }

  var notACall: NotACall? = .unsupportedMediaType
  var flaw: Flaw?
  var path = UnsafeRawBufferPointer(start: nil, count: 0)
  var timeout: Duration?
  /// What `grpc-encoding` names; valid as long as `path` is.
  var encoding = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Whether the client takes messages that are compressed with gzip.
  var acceptsGzip = false

  /// Reads `headers`, but for the caller's own metadata: `Metadata(received:)` finds that when it is
  /// asked for. The path is valid only as long as `headers` is.
  init(_ headers: HeaderList) {
    var isPost = false
    var takesTrailers = false
    var hasContentType = false
    for index in 0..<headers.count {
      let name = headers.name(at: index)
      let value = headers.value(at: index)
      switch name.count {
      case 2 where name.isExactly("te"): takesTrailers = true
      case 5 where name.isExactly(":path"): path = value
      case 7 where name.isExactly(":method"): isPost = value.isExactly("POST")
      case 12 where name.isExactly("content-type"):
        if hasContentType { flaw = .repeated("content-type") }
        hasContentType = true
        switch ContentType(value) {
        case .grpc: notACall = nil
        case .otherCodec:
          notACall = nil
          flaw = flaw ?? .codec
        case .other: break
        }
      case 12 where name.isExactly("grpc-timeout"):
        if timeout != nil { flaw = .repeated("grpc-timeout") }
        timeout = Timeout.parse(value)
        if timeout == nil { flaw = flaw ?? .timeout }
      case 13 where name.isExactly("grpc-encoding"):
        if !encoding.isEmpty { flaw = .repeated("grpc-encoding") }
        encoding = value
      case 20 where name.isExactly("grpc-accept-encoding"):
        if Compression.listsGzip(value) { acceptsGzip = true }
      case _ where name.hasBinarySuffix && Metadata.isDelivered(name):
        guard !Metadata.isBase64(value) else { break }
        flaw = flaw ?? .notBase64(String(decoding: name, as: UTF8.self))
      default: break
      }
    }
    if !isPost { notACall = .methodNotAllowed }
    if !takesTrailers { flaw = flaw ?? .noTrailers }
  }
}

extension RPCError {
  /// Why a call isn't taken.
  init(_ flaw: RequestHead.Flaw) {
    switch flaw {
    case .repeated(let name): self.init(.internal, "\(name) is there more than once")
    case .timeout:
      self.init(
        .internal, "grpc-timeout is not up to eight digits and one of the units H, M, S, m, u, n")
    case .codec:
      self.init(.unimplemented, "the content type's codec is not supported; proto is")
    case .notBase64(let key):
      self = .invalid(
        field: key, "what this key has in the metadata isn't Base64", reason: "METADATA_NOT_BASE64")
    case .noTrailers:
      self.init(.internal, "te: trailers is missing: a proxy on the way may lose the status")
    }
  }
}
