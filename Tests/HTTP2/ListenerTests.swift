import EventLoop
import Glibc
import Synchronization
import Testing

@testable import HTTP2

@Suite struct ListenerTests {
  /// The kernel can refuse a watch (of descriptors or memory there may be too few); here it does because
  /// the socket is watched already.
  @Test(.timeLimit(.minutes(10))) func goesOnListeningAfterAWatchWasRefused() async throws {
    let loops = try LoopGroup(count: 1)
    let loop = loops.loops[0]
    let (accepted, accepting) = AsyncStream<Void>.makeStream()
    let listener = try Listener(SocketAddress(host: "127.0.0.1", port: 0), loop: loop) { fd, _ in
      close(fd)
      accepting.finish()
    }
    let other = try loop.watch(listener.fd, .readable, Deaf())
    listener.start()
    loop.unwatch(other)
    try loops.start()
    defer { loops.stop() }
    let peer = try RawPeer(listener.address.port)
    for await _ in accepted {}
    #expect(peer.read().isEmpty)
  }
}

private final class Deaf: ReadinessHandler {
  func ready(_ readiness: Readiness) {}
  func loopEnded() {}
}
