import Echo
import EventLoop
import HTTP2
import Messages
import RPC
import Synchronization

/// A server and a client in one process, on two loops. `ProtoAny` is the message of every method: its
/// URL is the word for what to do, its value the payload.
struct EchoServer {
  let loops: LoopGroup
  let server: RPCServer
  let channel: ClientChannel
  let address: SocketAddress
  let health = HealthService()
  let events: Events

  /// What handlers tell the tests.
  final class Events: Sendable {
    private let state = Mutex((happened: [String](), waiting: [CheckedContinuation<Void, Never>]()))

    func happened(_ event: String) {
      let waiting = state.withLock { state in
        state.happened.append(event)
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
    }

    /// Waits until the event has happened `count` times.
    func wait(_ event: String, count: Int = 1) async {
      while true {
        await withCheckedContinuation { continuation in
          let isThere = state.withLock { state in
            if state.happened.count(where: { $0 == event }) >= count { return true }
            state.waiting.append(continuation)
            return false
          }
          if isThere { continuation.resume() }
        }
        if state.withLock({ $0.happened.count { $0 == event } >= count }) { return }
      }
    }

    func count(_ event: String) -> Int {
      state.withLock { $0.happened.count { $0 == event } }
    }
  }

  static func run(
    limits: ServerLimits = ServerLimits(), http2: HTTP2Limits = HTTP2Limits(),
    adding more: (inout Router) -> Void = { _ in },
    _ body: (EchoServer) async throws -> Void
  ) async throws {
    let loops = try LoopGroup(count: 2)
    try loops.start()
    let echo = try await EchoServer(loops: loops, limits: limits, http2: http2, more)
    do {
      try await body(echo)
    } catch {
      await echo.stop()
      throw error
    }
    await echo.stop()
  }

  private init(
    loops: LoopGroup, limits: ServerLimits, http2: HTTP2Limits, _ more: (inout Router) -> Void
  ) async throws {
    self.loops = loops
    events = Events()
    var router = Router()
    EchoService { [events] in events.happened($0) }.register(with: &router)
    health.register(with: &router)
    more(&router)
    router.addReflection()
    server = RPCServer(
      router: router, health: health, limits: limits, http2Limits: http2, loops: loops)
    address = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0))
    channel = try await ClientChannel.connect(to: address, limits: http2, on: loops.next())
  }

  private func stop() async {
    channel.close()
    await server.shutdown(grace: .zero)
    loops.stop()
  }

  func unary(
    _ word: String, _ payload: [UInt8] = [], options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ProtoAny {
    try await channel.unary(
      service: "test.Echo", method: "Unary", ProtoAny(typeURL: word, value: payload),
      options: options)
  }

  func expand(
    _ word: String, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStream<ProtoAny, ProtoAny> {
    try await channel.serverStreaming(
      service: "test.Echo", method: "Expand", ProtoAny(typeURL: word, value: []), options: options)
  }

  func collect() async throws(RPCError) -> ClientStream<ProtoAny, ProtoAny> {
    try await channel.clientStreaming(service: "test.Echo", method: "Collect")
  }

  func chat(
    options: CallOptions = CallOptions()
  ) async throws(RPCError) -> ClientStream<ProtoAny, ProtoAny> {
    try await channel.bidirectional(service: "test.Echo", method: "Chat", options: options)
  }
}
