internal import CLinux
public import EventLoop
internal import Glibc

/// An IP address and a port.
public struct SocketAddress: Sendable, CustomStringConvertible {
  let storage: sockaddr_storage
  let length: socklen_t

  /// Resolves a host name or a literal address; blocks while the system's resolver is asked.
  public init(host: String, port: UInt16) throws(SystemError) {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &found)
    defer { if let found { freeaddrinfo(found) } }
    guard code == 0, let address = found?.pointee.ai_addr, let length = found?.pointee.ai_addrlen
    else {
      throw SystemError("resolve \(host)", code: code == EAI_SYSTEM ? errno : EADDRNOTAVAIL)
    }
    var storage = sockaddr_storage()
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: .init(start: address, count: Int(length)))
    }
    self.storage = storage
    self.length = length
  }

  init(storage: sockaddr_storage, length: socklen_t) {
    self.storage = storage
    self.length = length
  }

  /// The address that `fd` is bound to.
  init(localOf fd: Int32) throws(SystemError) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let code = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
    }
    guard code == 0 else { throw SystemError("getsockname") }
    self.init(storage: storage, length: length)
  }

  var family: Int32 { Int32(storage.ss_family) }

  /// The port, in the host's byte order.
  public var port: UInt16 {
    withUnsafeBytes(of: storage) { bytes in
      // sin_port and sin6_port are at the same place.
      UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
    }
  }

  /// The address without its port, in its usual text form.
  public var host: String {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = withPointer {
      getnameinfo($0, $1, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    }
    guard code == 0 else { return "?" }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  public var description: String { family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// A socket that listens here, and where that is once the system has picked a port; the caller owns it.
  package func listen(
    backlog: Int32, isBlocking: Bool
  ) throws(SystemError) -> (socket: Int32, address: SocketAddress) {
    let flags = SOCK_CLOEXEC.rawValue | (isBlocking ? 0 : SOCK_NONBLOCK.rawValue)
    let made = socket(family, Int32(SOCK_STREAM.rawValue | flags), 0)
    guard made >= 0 else { throw SystemError("socket") }
    do throws(SystemError) {
      var on: Int32 = 1
      let size = socklen_t(MemoryLayout<Int32>.size)
      setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, size)
      if family == AF_INET6 { setsockopt(made, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size) }
      guard withPointer({ bind(made, $0, $1) }) == 0 else { throw SystemError("bind \(self)") }
      guard Glibc.listen(made, backlog) == 0 else { throw SystemError("listen \(self)") }
      return (made, try SocketAddress(localOf: made))
    } catch {
      close(made)
      throw error
    }
  }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}
