import EventLoop
import Glibc
import HTTP2
import Logging

/// Answers `GET /metrics` over HTTP/1.1, as Prometheus asks for it. It is for one scraper or two: requests are
/// answered one after another by a thread of its own, each on a connection of its own.
///
///     a request that                       is answered
///     is GET or HEAD of /metrics           200, or 503 if the figures can't be had
///     asks for another path                404
///     has another method                   405
///     isn't HTTP/1                         400
///     has a longer head than 8 KiB         431
///     isn't whole within a second          not at all; the connection is closed
///
/// An answer that isn't read within 5 s is given up.
// @unchecked: its socket is made on the caller's thread and used on its own from then on; `stop` only shuts
// it down, which ends the wait there.
final class MetricsPort: @unchecked Sendable {
  /// Where it listens: HOST:PORT.
  let address: String
  private let socket: Int32
  private let log = Logger(label: "metrics")
  private let metrics: @Sendable () async -> String?

  private static let headBytes = 8 << 10
  /// Milliseconds. Who says nothing holds up who comes next.
  private static let requestTime = 1_000
  private static let answerTime = 5_000
  private static let backlog: Int32 = 16

  /// Listens. `metrics` says nil when they can't be had.
  init(
    on given: HostAndPort, _ metrics: @escaping @Sendable () async -> String?
  ) throws(SystemError) {
    self.metrics = metrics
    let listening = try SocketAddress(host: given.host, port: given.port)
      .listen(backlog: Self.backlog, isBlocking: true)
    socket = listening.socket
    address = listening.address.description
  }

  deinit { close(socket) }

  func start() {
    var thread = pthread_t()
    let port = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<MetricsPort>.fromOpaque(context).takeRetainedValue().serve() }
        return nil
      }, port.toOpaque())
    guard code == 0 else {
      port.release()
      return log.error("no thread for the metrics", metadata: ["errno": "\(code)"])
    }
    pthread_detach(thread)
  }

  /// Takes no more requests.
  func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

  private func serve() {
    while true {
      let connection = accept(socket, nil, nil)
      guard connection >= 0 else {
        switch errno {
        case EINVAL, EBADF: return
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: usleep(100_000)
        default: break
        }
        continue
      }
      answer(connection)
      close(connection)
    }
  }

  private func answer(_ connection: Int32) {
    guard let head = Self.readHead(connection, until: Self.now + Self.requestTime) else { return }
    guard HTTPRequestLine.isWhole(head) else {
      return send(
        connection, "431 Request Header Fields Too Large", "the head is too long\n")
    }
    guard let request = HTTPRequestLine(head) else {
      return send(connection, "400 Bad Request", "not a request of HTTP/1\n")
    }
    guard request.path == "/metrics" else {
      return send(connection, "404 Not Found", "only /metrics is here\n")
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      return send(
        connection, "405 Method Not Allowed", "GET and HEAD only\n",
        fields: "Allow: GET, HEAD\r\n")
    }
    guard let text = blocking({ [metrics] in await metrics() }) else {
      return send(connection, "503 Service Unavailable", "no figures at the moment\n")
    }
    send(
      connection, "200 OK", text,
      type: "text/plain; version=0.0.4; charset=utf-8", isHead: request.method == "HEAD")
  }

  /// Up to the empty line, or as much as there may be of it; nil if it doesn't come in time.
  private static func readHead(_ connection: Int32, until deadline: Int) -> [UInt8]? {
    var head: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 10)
    while !HTTPRequestLine.isWhole(head), head.count < headBytes {
      guard wait(connection, Int16(POLLIN), until: deadline) else { return nil }
      let count = recv(connection, &piece, piece.count, 0)
      guard count > 0 else { return nil }
      head += piece.prefix(count)
    }
    return head
  }

  private func send(
    _ connection: Int32, _ status: String, _ body: String, fields: String = "",
    type: String = "text/plain; charset=utf-8", isHead: Bool = false
  ) {
    let head =
      "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n"
      + "\(fields)Connection: close\r\n\r\n"
    let deadline = Self.now + Self.answerTime
    var left = Array((isHead ? head : head + body).utf8)[...]
    while !left.isEmpty, Self.wait(connection, Int16(POLLOUT), until: deadline) {
      let count = left.withUnsafeBytes {
        Glibc.send(
          connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      guard count > 0 else { return }
      left = left.dropFirst(count)
    }
    shutdown(connection, Int32(SHUT_WR))
  }

  private static func wait(_ connection: Int32, _ events: Int16, until deadline: Int) -> Bool {
    while true {
      let left = deadline - now
      guard left > 0 else { return false }
      var one = pollfd(fd: connection, events: events, revents: 0)
      let count = poll(&one, 1, Int32(left))
      if count > 0 { return true }
      guard count < 0, errno == EINTR else { return false }
    }
  }

  /// Milliseconds of the clock that nobody sets.
  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
  }
}
