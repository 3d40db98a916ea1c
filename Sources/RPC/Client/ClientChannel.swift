public import EventLoop
public import HTTP2
public import Messages

/// A client's connection to a server, for any number of calls at a time. It does not reconnect: once
/// the connection is lost or the server stops, calls fail with UNAVAILABLE, and whoever wants to go on
/// connects anew.
///
/// Calls may be made from anywhere; they are cheapest in tasks that prefer `loop`.
// @unchecked: what isn't constant is confined to `loop`.
public final class ClientChannel: @unchecked Sendable {
  /// The loop that the connection lives on.
  public let loop: Loop
  private let connection: HTTP2Connection
  private let authority: String
  private let scheme: StaticString
  let arena = Arena(limit: Limits.clientDecodedBytes)
  private var methods: [MethodKey: [HeaderField]] = [:]

  /// A method by the addresses of its names: they are literals of generated code.
  private struct MethodKey: Hashable {
    var service: UnsafePointer<UInt8>
    var method: UnsafePointer<UInt8>
  }

  /// Connects to `address` on `loop`. With TLS, `serverName` is the name that the certificate must
  /// have; it is also sent as the calls' authority.
  public static func connect(
    to address: SocketAddress, tls: TLSContext? = nil, serverName: String? = nil,
    limits: HTTP2Limits = HTTP2Limits(), on loop: Loop
  ) async throws(RPCError) -> ClientChannel {
    do throws(ConnectError) {
      let connection = try await HTTP2Client.connect(
        to: address, tls: tls, serverName: serverName, limits: limits, on: loop)
      return ClientChannel(
        connection, authority: serverName ?? "\(address)", scheme: tls == nil ? "http" : "https")
    } catch {
      throw RPCError(.unavailable, error.message)
    }
  }

  init(_ connection: HTTP2Connection, authority: String, scheme: StaticString) {
    self.connection = connection
    self.authority = authority
    self.scheme = scheme
    loop = connection.loop
  }

  /// Closes the connection; calls that are open end with UNAVAILABLE.
  public func close() {
    loop.execute { [connection] in connection.close() }
  }

  /// Makes a call of one request and one response.
  public func unary<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, _ request: Request,
    options: CallOptions = CallOptions()
  ) async throws(RPCError) -> Response {
    try await onLoop { () throws(RPCError) in
      let call = try self.open(service, method, options)
      try call.send(request)
      call.endSending()
      return try await call.receiveOnly(Response.self)
    }
  }

  /// Makes a call of one request and a stream of responses.
  public func serverStreaming<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, _ request: Request,
    options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStream<Request, Response> {
    try await onLoop { () throws(RPCError) in
      let call = try self.open(service, method, options)
      try call.send(request)
      call.endSending()
      return ClientStream(call: call)
    }
  }

  /// Makes a call of a stream of requests and one response: `send` each, then take `response()`.
  public func clientStreaming<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStream<Request, Response> {
    try await bidirectional(service: service, method: method, options: options)
  }

  /// Makes a call with a stream each way.
  public func bidirectional<Request: Message, Response: Message>(
    service: StaticString, method: StaticString, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStream<Request, Response> {
    try await onLoop { () throws(RPCError) in
      ClientStream(call: try self.open(service, method, options))
    }
  }

  private func onLoop<T: Sendable>(
    _ body: @escaping @Sendable () async throws(RPCError) -> T
  ) async throws(RPCError) -> T {
    if loop.isCurrent { return try await body() }
    return try await loop.call(body)
  }

  private func open(
    _ service: StaticString, _ method: StaticString, _ options: CallOptions
  ) throws(RPCError) -> ClientCall {
    if let timeout = options.timeout, timeout <= .zero { throw .deadlineExceeded }
    var fields = fields(service, method)
    if let timeout = options.timeout {
      // Right behind the pseudo-header fields, as gRPC wants it.
      let field = HeaderField("grpc-timeout", .string(Timeout.format(timeout)))
      fields.insert(field, at: Self.pseudoFields)
    }
    if options.compression == .gzip { fields.append(HeaderField("grpc-encoding", "gzip")) }
    if !options.metadata.isEmpty { fields += options.metadata.headerFields }
    return try open(fields, options)
  }

  /// Opens a call with these header fields, whatever they are. On the loop only.
  func open(
    _ fields: [HeaderField], _ options: CallOptions = CallOptions()
  ) throws(RPCError) -> ClientCall {
    let call = ClientCall(self, options)
    call.begin(try openStream(call), fields, timeout: options.timeout)
    return call
  }

  /// A stream that tells `handler` what happens on it.
  func openStream(_ handler: any StreamHandler) throws(RPCError) -> HTTP2Stream {
    guard let stream = connection.openStream(handler: handler) else {
      throw RPCError(.unavailable, "the connection is closed or the server is stopping")
    }
    return stream
  }

  /// How many of a call's header fields begin with a colon.
  private static let pseudoFields = 4

  /// The header fields of a call without options.
  func fields(_ service: StaticString, _ method: StaticString) -> [HeaderField] {
    let key = MethodKey(service: service.utf8Start, method: method.utf8Start)
    if let known = methods[key] { return known }
    let fields = [
      HeaderField(":method", "POST"), HeaderField(":scheme", .fixed(scheme)),
      HeaderField(":path", .string("/\(service)/\(method)")),
      HeaderField(":authority", .string(authority)), HeaderField("te", "trailers"),
      HeaderField("content-type", "application/grpc"),
      HeaderField("user-agent", "grpc-swift-orderwire/1"),
      HeaderField("grpc-accept-encoding", .fixed(Compression.accepted)),
    ]
    methods[key] = fields
    return fields
  }
}
