import EventLoop
import Glibc
import HTTP2

/// A blocking server of one connection that says whatever frames it is told to.
final class RawServer: Sendable {
  /// What comes before the payload of a frame.
  struct Frame {
    var type: UInt8
    var stream: UInt8
    var payload: [UInt8]
  }

  static let data: UInt8 = 0
  static let headers: UInt8 = 1
  static let reset: UInt8 = 3
  static let goAway: UInt8 = 7

  private let listener: Int32
  let address: SocketAddress

  init() throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var any = sockaddr_in()
    any.sin_family = sa_family_t(AF_INET)
    any.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let (listener, count) = (listener, size)
    let code = withUnsafeMutablePointer(to: &any) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, count) == 0 && listen(listener, 1) == 0
          ? getsockname(listener, $0, &size) : -1
      }
    }
    guard code == 0 else { throw SystemError("listen") }
    address = try SocketAddress(host: "127.0.0.1", port: UInt16(bigEndian: any.sin_port))
  }

  deinit { close(listener) }

  /// Takes the connection, and hands it to `body` with both prefaces exchanged.
  func accept(_ body: (borrowing Connection) -> Void) {
    let connection = Connection(fd: Glibc.accept(listener, nil, nil))
    connection.read(24)
    connection.send(type: 4, stream: 0, [])
    body(connection)
  }

  struct Connection: ~Copyable {
    fileprivate let fd: Int32
    deinit { close(fd) }

    @discardableResult
    func read(_ count: Int) -> [UInt8] {
      var buffer = [UInt8](repeating: 0, count: count)
      let read = recv(fd, &buffer, count, Int32(MSG_WAITALL))
      return read == count ? buffer : []
    }

    /// The next frame of this type; nil once the client has closed.
    func frame(_ type: UInt8) -> Frame? {
      while case let head = read(9), head.count == 9 {
        let count = head[..<3].reduce(0) { $0 << 8 | Int($1) }
        let payload = count > 0 ? read(count) : []
        if head[3] == type { return Frame(type: type, stream: head[8], payload: payload) }
      }
      return nil
    }

    func send(type: UInt8, flags: UInt8 = 0, stream: UInt8, _ payload: [UInt8]) {
      var bytes: [UInt8] = []
      for shift in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift)) }
      bytes += [type, flags, 0, 0, 0, stream]
      bytes += payload
      _ = Glibc.send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// A header block in which every field is written out.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
      var block: [UInt8] = []
      for (name, value) in fields {
        block.append(0)
        for text in [name, value] {
          block.append(UInt8(text.utf8.count))
          block += Array(text.utf8)
        }
      }
      return block
    }
  }
}
