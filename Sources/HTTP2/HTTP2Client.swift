internal import CLinux
public import EventLoop
internal import Glibc

/// Why a client could not connect.
public struct ConnectError: Error, Sendable, CustomStringConvertible {
  public let message: String
  public var description: String { message }
}

/// The client's side: connections that are opened by us.
public enum HTTP2Client {
  /// Connects on `loop`; returns once TCP and TLS are done. `serverName` is what the certificate is
  /// checked for. Cancelled or not, it ends within the handshake's time limit.
  public static func connect(
    to address: SocketAddress, tls: TLSContext? = nil, serverName: String? = nil,
    limits: HTTP2Limits = HTTP2Limits(), on loop: Loop
  ) async throws(ConnectError) -> HTTP2Connection {
    let result = await withCheckedContinuation { continuation in
      loop.execute {
        begin(address, tls, serverName ?? address.host, limits, loop) {
          continuation.resume(returning: $0)
        }
      }
    }
    return try result.get()
  }

  private static func begin(
    _ address: SocketAddress, _ tls: TLSContext?, _ serverName: String, _ limits: HTTP2Limits,
    _ loop: Loop, _ done: @escaping (Result<HTTP2Connection, ConnectError>) -> Void
  ) {
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let fd = socket(address.family, Int32(type), 0)
    guard fd >= 0 else { return done(.failure(ConnectError(message: "\(SystemError("socket"))"))) }
    var on: Int32 = 1
    setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let code = address.withPointer { Glibc.connect(fd, $0, $1) }
    guard code == 0 || errno == EINPROGRESS else {
      let error = SystemError("connect \(address)")
      close(fd)
      return done(.failure(ConnectError(message: "\(error)")))
    }
    let made = tls.map { Transport(fd: fd, tls: $0, serverName: serverName) } ?? Transport(fd: fd)
    guard let transport = made else {
      close(fd)
      return done(.failure(ConnectError(message: "OpenSSL has no memory")))
    }
    let connection = HTTP2Connection(
      transport: transport, role: .client, state: .connecting, loop: loop, limits: limits,
      peer: PeerInfo(address: "\(address)", tls: nil), accept: nil)
    connection.onClosed = { reason in
      done(.failure(ConnectError(message: "\(address): \(reason ?? "the peer closed")")))
    }
    connection.onOpen = { [unowned connection] in
      connection.onClosed = nil
      done(.success(connection))
    }
    connection.start()
  }
}
