internal import CLinux
public import EventLoop
internal import Glibc
internal import Synchronization

/// Listeners, and the connections that they took, spread over a group's loops in turn.
public final class HTTP2Server: Sendable {
  private let limits: HTTP2Limits
  private let shards: [Shard]
  private let turn = Atomic<Int>(0)
  private let connections = Atomic<Int>(0)
  private let listeners = Mutex<[(Listener, Loop)]>([])

  /// A server that calls `accept`, on a connection's loop, for each stream that a peer opens.
  public init(
    limits: HTTP2Limits = HTTP2Limits(), loops: LoopGroup,
    accept: @escaping @Sendable (HTTP2Stream) -> any StreamHandler
  ) {
    self.limits = limits
    shards = loops.loops.map { Shard(loop: $0, accept: accept) }
  }

  /// Connections that are open now.
  public var connectionCount: Int { connections.load(ordering: .relaxed) }

  /// Listens on `address`, with TLS if there is a context for it; returns the address with the port
  /// that it really has. Its `accept` work is done on one loop, its connections are spread over all.
  public func listen(
    on address: SocketAddress, tls: TLSContext? = nil
  ) throws(SystemError) -> SocketAddress {
    let loop = listeners.withLock { shards[$0.count % shards.count].loop }
    let listener = try Listener(address, loop: loop) { [unowned self] fd, peer in
      adopt(fd, peer, tls)
    }
    listeners.withLock { $0.append((listener, loop)) }
    loop.execute { listener.start() }
    return listener.address
  }

  /// Stops listening, tells every peer (GOAWAY), and waits until the streams that are open have
  /// ended, or `grace` is over; then closes what is left.
  public func shutdown(grace: Duration) async {
    let listeners = listeners.withLock { listeners in
      defer { listeners = [] }
      return listeners
    }
    for (listener, loop) in listeners { await loop.run { listener.close() } }
    await withTaskGroup(of: Void.self) { group in
      for shard in shards { group.addTask { await shard.drain(grace: grace) } }
    }
  }

  private func adopt(_ fd: Int32, _ address: SocketAddress, _ tls: TLSContext?) {
    guard connections.load(ordering: .relaxed) < limits.connections else {
      Glibc.close(fd)
      return
    }
    connections.add(1, ordering: .relaxed)
    var on: Int32 = 1
    setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let shard = shards[turn.add(1, ordering: .relaxed).oldValue % shards.count]
    shard.loop.execute { [self] in
      shard.open(fd, address, tls, limits) { [self] in connections.subtract(1, ordering: .relaxed) }
    }
  }
}

/// A server's connections on one loop.
// @unchecked: confined to its loop.
private final class Shard: @unchecked Sendable {
  let loop: Loop
  private let accept: (HTTP2Stream) -> any StreamHandler
  private var connections: [ObjectIdentifier: HTTP2Connection] = [:]
  private var isDraining = false
  private var drained: CheckedContinuation<Void, Never>?
  private var grace: Timer?

  init(loop: Loop, accept: @escaping (HTTP2Stream) -> any StreamHandler) {
    self.loop = loop
    self.accept = accept
  }

  func open(
    _ fd: Int32, _ address: SocketAddress, _ tls: TLSContext?, _ limits: HTTP2Limits,
    _ closed: @escaping () -> Void
  ) {
    let made = tls.map { Transport(fd: fd, tls: $0, serverName: nil) } ?? Transport(fd: fd)
    guard !isDraining, let transport = made else {
      if made == nil { Glibc.close(fd) }
      return closed()
    }
    let connection = HTTP2Connection(
      transport: transport, role: .server, state: .handshaking, loop: loop, limits: limits,
      peer: PeerInfo(address: "\(address)", tls: nil), accept: accept)
    let key = ObjectIdentifier(connection)
    connections[key] = connection
    connection.onClosed = { [unowned self] _ in
      connections[key] = nil
      closed()
      finishDrainIfEmpty()
    }
    connection.start()
  }

  func drain(grace: Duration) async {
    await withCheckedContinuation { continuation in
      loop.execute { [self] in
        isDraining = true
        drained = continuation
        for connection in Array(connections.values) { connection.drain() }
        self.grace = loop.schedule(after: grace) { [self] in
          for connection in Array(connections.values) { connection.close("the server stopped") }
        }
        finishDrainIfEmpty()
      }
    }
  }

  private func finishDrainIfEmpty() {
    guard isDraining, connections.isEmpty else { return }
    grace.take()?.cancel()
    drained?.resume()
    drained = nil
  }
}

extension Loop {
  /// Runs `body` on the loop and waits for it.
  fileprivate func run(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      execute {
        body()
        continuation.resume()
      }
    }
  }
}
