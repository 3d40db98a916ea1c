import CLinux
import Glibc

@testable import EventLoop
@testable import HTTP2

/// A loop without a thread of its own: the fuzzer's thread turns it, so that a run depends on its input
/// alone, and connections on it whose peer is the other end of a pair of sockets.
final class HandTurnedLoop {
  let loop: Loop

  init() {
    do throws(SystemError) {
      loop = try Loop(index: 0)
    } catch {
      preconditionFailure("\(error)")
    }
    clinux_set_thread_pointer(Unmanaged.passUnretained(loop).toOpaque())
    signal(SIGPIPE, SIG_IGN)
  }

  /// One tick, which doesn't wait: there is something for its end.
  func turn() {
    loop.atTickEnd {}
    loop.tick()
  }

  /// Turns until `isDone`. What isn't done by the loop's own doing after many turns gets some time, for
  /// other threads; it is a failure if that isn't enough either.
  func turn(until what: String, _ isDone: () -> Bool) {
    for _ in 0..<100 {
      if isDone() { return }
      turn()
    }
    let deadline = loop.now.advanced(by: .seconds(5))
    while !isDone() {
      precondition(loop.now < deadline, "not in five seconds: \(what)")
      loop.schedule(after: .milliseconds(1)) {}
      loop.tick()
    }
  }

  func connection(
    _ role: HTTP2Connection.Role, _ limits: HTTP2Limits,
    accept: ((HTTP2Stream) -> any StreamHandler)? = nil
  ) -> (HTTP2Connection, FuzzPeer) {
    var ends: (Int32, Int32) = (-1, -1)
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let code = withUnsafeMutableBytes(of: &ends) {
      socketpair(AF_UNIX, Int32(type), 0, $0.assumingMemoryBound(to: Int32.self).baseAddress)
    }
    precondition(code == 0, "socketpair: errno \(errno)")
    let connection = HTTP2Connection(
      transport: Transport(fd: ends.0), role: role, state: .handshaking, loop: loop,
      limits: limits, peer: PeerInfo(address: "fuzz", tls: nil), accept: accept)
    return (connection, FuzzPeer(fd: ends.1))
  }
}

/// The other end of a connection: it says what the fuzzer made up, and keeps what it hears.
final class FuzzPeer {
  private var fd: Int32
  private(set) var heard: [UInt8] = []
  private(set) var said = 0

  init(fd: Int32) { self.fd = fd }

  deinit { hangUp() }

  func hangUp() {
    if fd >= 0 { close(fd) }
    fd = -1
  }

  /// Says as much of `bytes` as the socket takes; the sizes of inputs are far below that.
  func say(_ bytes: UnsafeRawBufferPointer) {
    guard fd >= 0, !bytes.isEmpty else { return }
    said += max(0, send(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)))
  }

  func hear() {
    guard fd >= 0 else { return }
    withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
      while case let count = recv(fd, buffer.baseAddress, buffer.count, 0), count > 0 {
        heard.append(contentsOf: buffer[..<count])
      }
    }
  }
}
