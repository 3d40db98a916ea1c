public import EventLoop
public import HTTP2

/// A gRPC server: a router's methods on the streams of an HTTP/2 server.
public final class RPCServer: Sendable {
  private let http2: HTTP2Server
  private let loops: [ServerLoop]
  private let health: HealthService?

  /// Handlers that were cancelled at the end of a stop's grace have so long to return.
  private static let cancelledHandlers: Duration = .seconds(5)

  /// A server that doesn't listen yet. `health` is told of a stop; it still has to be registered
  /// with the router.
  public init(
    router: Router, health: HealthService? = nil, limits: ServerLimits = ServerLimits(),
    http2Limits: HTTP2Limits = HTTP2Limits(), loops group: LoopGroup
  ) {
    let methods = MethodTable(router.methods)
    let loops = group.loops.map { ServerLoop(loop: $0, limits: limits, methods: methods) }
    self.loops = loops
    self.health = health
    http2 = HTTP2Server(limits: http2Limits, loops: group) { stream in
      let call = loops[stream.loop.index].takeCall()
      call.begin(stream)
      return call
    }
  }

  /// Connections that are open now.
  public var connectionCount: Int { http2.connectionCount }

  /// Listens on `address`, with TLS if there is a context for it; returns the address with the port
  /// that it really has.
  public func listen(
    on address: SocketAddress, tls: TLSContext? = nil
  ) throws(SystemError) -> SocketAddress {
    try http2.listen(on: address, tls: tls)
  }

  /// Stops: says so in health, takes no more connections and calls, ends streams that wait for their clients,
  /// waits until the calls that run have ended or `grace` is over, then cancels what is left and waits a
  /// little for it to return.
  public func shutdown(grace: Duration) async {
    health?.shutdown()
    await http2.shutdown(grace: grace)
    for loop in loops { await loop.end(atMost: Self.cancelledHandlers) }
  }
}
