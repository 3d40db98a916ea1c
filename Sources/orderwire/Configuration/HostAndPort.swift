/// Where to listen or connect: a host (name or address) and a port; port 0 lets the system pick one.
struct HostAndPort: Equatable, Sendable, CustomStringConvertible {
  var host: String
  var port: UInt16

  /// What `:PORT` means: only this machine, unless somebody says otherwise.
  static let loopback = "127.0.0.1"

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// `HOST:PORT`, `:PORT`, or `[IPv6]:PORT`.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2 {
      host = host.dropFirst().dropLast()
    } else if host.contains(where: { ":[]".contains($0) }) {
      // Without brackets nobody can tell where an IPv6 address ends and the port begins.
      return nil
    }
    guard !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
    self.host = host.isEmpty ? Self.loopback : String(host)
    self.port = port
  }

  var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Nobody on another machine can reach it.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
