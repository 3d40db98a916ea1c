import EventLoop
import Glibc
import HTTP2

/// A blocking socket that says whatever it is told to, for peers that don't keep to HTTP/2.
struct RawPeer: ~Copyable {
  private let fd: Int32
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

  init(_ port: UInt16) throws {
    fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw SystemError("connect") }
  }

  deinit { close(fd) }

  func send(_ bytes: [UInt8]) { _ = Glibc.send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// Something, or nothing once the server has closed.
  func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(fd, &buffer, buffer.count, 0)
    return Array(buffer[..<max(0, count)])
  }

  /// The eight bytes of the next PING frame, nil once the server has closed. `input` is what was read
  /// and not looked at yet.
  func nextPing(_ input: inout [UInt8]) -> [UInt8]? {
    while true {
      let length = input.count < 9 ? nil : Int(input[0]) << 16 | Int(input[1]) << 8 | Int(input[2])
      if let length, input.count >= 9 + length {
        let (type, payload) = (input[3], Array(input[9..<9 + length]))
        input.removeFirst(9 + length)
        if type == 6 { return payload }
        continue
      }
      let more = read()
      if more.isEmpty { return nil }
      input += more
    }
  }

  /// Everything until the server closes.
  func readToEnd() -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = recv(fd, &buffer, buffer.count, 0), count > 0 { all += buffer[..<count] }
    return all
  }
}

/// A server with the echo handler while `body` runs.
func withServer(
  _ limits: HTTP2Limits = HTTP2Limits(),
  _ body: @escaping @Sendable (HTTP2Server, SocketAddress) throws -> Void
) async throws {
  let loops = try LoopGroup(count: 1)
  try loops.start()
  let server = HTTP2Server(limits: limits, loops: loops) { EchoHandler($0) }
  let address = try server.listen(on: try SocketAddress(host: "127.0.0.1", port: 0))
  let result = await withCheckedContinuation { continuation in
    // A thread of its own, because the peer blocks.
    let thread = Task.detached { Result { try body(server, address) } }
    Task { continuation.resume(returning: await thread.value) }
  }
  await server.shutdown(grace: .zero)
  loops.stop()
  try result.get()
}
