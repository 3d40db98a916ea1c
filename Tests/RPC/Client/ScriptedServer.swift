import EventLoop
import HTTP2

@testable import RPC

/// A server whose answer to every call is what it was told, right or wrong.
enum ScriptedServer {
  enum Step: Sendable {
    case headers([HeaderField])
    case headersAlone([HeaderField])
    case data([UInt8])
    case trailers([HeaderField])
    case end
    case reset(HTTP2ErrorCode)
    case close
  }

  /// Calls `body` with a channel to a server that answers with `steps`.
  static func run<Value: Sendable>(
    _ steps: [Step], _ body: (ClientChannel) async throws -> Value
  ) async throws -> Value {
    let loops = try LoopGroup(count: 1)
    try loops.start()
    defer { loops.stop() }
    let server = HTTP2Server(loops: loops) { Handler($0, steps) }
    let address = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0))
    let channel = try await ClientChannel.connect(to: address, on: loops.next())
    let result = try await body(channel)
    channel.close()
    await server.shutdown(grace: .zero)
    return result
  }

  private final class Handler: StreamHandler {
    private let stream: HTTP2Stream
    private let steps: [Step]

    init(_ stream: HTTP2Stream, _ steps: [Step]) {
      self.stream = stream
      self.steps = steps
    }

    func headersReceived(_ headers: borrowing HeaderList, endStream: Bool) {
      for step in steps {
        switch step {
        case .headers(let fields): stream.sendHeaders(fields, endStream: false)
        case .headersAlone(let fields): stream.sendHeaders(fields, endStream: true)
        case .data(let bytes): stream.sendData(count: bytes.count) { $0.copyBytes(from: bytes) }
        case .trailers(let fields): stream.sendTrailers(fields)
        case .end: stream.endStream()
        case .reset(let code): stream.reset(code)
        case .close: stream.connection.close()
        }
      }
    }

    func dataReceived(_ bytes: UnsafeRawBufferPointer) { stream.consumed(bytes.count) }
    func trailersReceived(_ headers: borrowing HeaderList) {}
    func endReceived() {}
    func writable() {}
    func closed(_ reason: StreamClose) {}
  }
}
