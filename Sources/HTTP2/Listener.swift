internal import CLinux
internal import EventLoop
internal import Glibc

/// A listening socket on one loop. Confined to it once `start` was called there.
// @unchecked: the socket is made on the caller's thread; all else happens on the loop.
final class Listener: ReadinessHandler, @unchecked Sendable {
  let address: SocketAddress
  let fd: Int32
  private let loop: Loop
  private let accepted: (Int32, SocketAddress) -> Void
  private var watch: Watch?
  private var isClosed = false

  /// Connections that the kernel keeps ready for us.
  private static let backlog: Int32 = 1024
  /// How long to leave connections in the kernel's queue when the process or the kernel has no
  /// descriptors, watches or memory left.
  private static let pause: Duration = .milliseconds(100)

  /// Binds and listens; from then on the kernel takes connections.
  init(
    _ address: SocketAddress, loop: Loop, accepted: @escaping (Int32, SocketAddress) -> Void
  ) throws(SystemError) {
    self.loop = loop
    self.accepted = accepted
    (fd, self.address) = try address.listen(backlog: Self.backlog, isBlocking: false)
  }

  func start() {
    guard !isClosed else { return }
    do throws(SystemError) {
      watch = try loop.watch(fd, .readable, self)
    } catch {
      startAgainAfterPause()
    }
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    if let watch { loop.unwatch(watch) }
    Glibc.close(fd)
  }

  func loopEnded() { close() }

  func ready(_ readiness: Readiness) {
    for _ in 0..<HTTP2Limits.acceptsPerTick {
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let connection = withUnsafeMutablePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { clinux_accept(fd, $0, &length) }
      }
      if connection >= 0 {
        accepted(connection, SocketAddress(storage: storage, length: length))
        continue
      }
      switch errno {
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return rest()
      case EAGAIN: return
      default: continue  // The connection failed before it was accepted; the next may be well.
      }
    }
  }

  /// Level-triggered epoll would report the waiting connections in every tick.
  private func rest() {
    guard let watch else { return }
    loop.unwatch(watch)
    self.watch = nil
    startAgainAfterPause()
  }

  private func startAgainAfterPause() {
    loop.schedule(after: Self.pause) { [self] in start() }
  }
}
