import HTTP2
import Messages
import Testing

@testable import RPC

/// Requests as a peer may write them: header fields and bytes as they go over the wire.
@Suite(.timeLimit(.minutes(10))) struct RequestTests {
  private func code(
    _ echo: EchoServer, _ fields: [HeaderField], _ pieces: [[UInt8]]
  ) async -> RPCError {
    do throws(RPCError) {
      _ = try await RawCall.send(echo, fields, pieces)
      return RPCError(.ok, "")
    } catch {
      return error
    }
  }

  private static let message = (try? ProtoAny(typeURL: "a", value: [1, 2, 3]).encoded()) ?? []
  private static let framed = MessageReaderTests.framed(message)

  @Test func messagesInPieces() async throws {
    try await EchoServer.run { echo async throws in
      let pieces = Self.framed.map { [$0] }
      #expect(try await RawCall.send(echo, RawCall.headers(), pieces).value == [1, 2, 3])
    }
  }

  @Test func manyMessagesInAPiece() async throws {
    try await EchoServer.run { echo async throws in
      let fields = RawCall.headers(path: "/test.Echo/Collect")
      let pieces = [Array([Self.framed, Self.framed, Self.framed].joined())]
      #expect(try await RawCall.send(echo, fields, pieces).typeURL == "aaa")
    }
  }

  /// The status that each bad body ends with, unary and streaming.
  @Test func badBodies() async throws {
    let whole = Self.framed
    let cases: [(pieces: [[UInt8]], unary: StatusCode, stream: StatusCode)] = [
      ([], .unimplemented, .ok),
      ([[0, 0, 0]], .internal, .internal),
      ([Array(whole.dropLast())], .internal, .internal),
      ([whole, whole], .unimplemented, .ok),
      ([whole, [0]], .unimplemented, .internal),
      ([[2] + whole.dropFirst()], .internal, .internal),
      ([[1] + whole.dropFirst()], .internal, .internal),
      ([[0, 0xFF, 0xFF, 0xFF, 0xFF]], .resourceExhausted, .resourceExhausted),
      ([[0, 0, 0, 0, 1, 0xFF]], .invalidArgument, .invalidArgument),
    ]
    try await EchoServer.run { echo async throws in
      for (index, row) in cases.enumerated() {
        #expect(await code(echo, RawCall.headers(), row.pieces).code == row.unary, "\(index)")
        let fields = RawCall.headers(path: "/test.Echo/Collect")
        #expect(await code(echo, fields, row.pieces).code == row.stream, "\(index)")
      }
    }
  }

  /// Requests that aren't gRPC get an HTTP status, which our client maps.
  @Test func badHeads() async throws {
    func twice(_ name: HeaderField.Text, _ value: HeaderField.Text) -> [HeaderField] {
      [HeaderField(name, value), HeaderField(name, value)]
    }
    let cases: [(fields: [HeaderField], code: StatusCode, message: String)] = [
      (RawCall.headers(type: "application/grpc+proto"), .ok, ""),
      (RawCall.headers(type: "application/json"), .unknown, "HTTP status 415"),
      (RawCall.headers(type: "application/grpc-web"), .unknown, "HTTP status 415"),
      (RawCall.headers(method: "PUT"), .unknown, "HTTP status 405"),
      (RawCall.headers(method: "GET", type: "text/html"), .unknown, "HTTP status 405"),
      (RawCall.headers(path: "/test.Echo/Nope"), .unimplemented, "/test.Echo/Nope"),
      (RawCall.headers(type: "application/grpc+json"), .unimplemented, "codec"),
      (RawCall.headers() + [HeaderField("grpc-timeout", "1x")], .internal, "grpc-timeout"),
      (RawCall.headers() + [HeaderField("grpc-timeout", "")], .internal, "grpc-timeout"),
      (RawCall.headers() + twice("grpc-timeout", "1H"), .internal, "grpc-timeout is there more"),
      (RawCall.headers() + twice("grpc-encoding", "gzip"), .internal, "grpc-encoding is there"),
      (
        RawCall.headers() + [HeaderField("content-type", "application/grpc")], .internal,
        "content-type is there more than once"
      ),
      (
        RawCall.headers(method: "GET") + twice("grpc-timeout", "1H"), .unknown, "HTTP status 405"
      ),
      (RawCall.headers().filter { $0.name.text != "te" }, .internal, "te: trailers is missing"),
      (RawCall.headers() + [HeaderField("grpc-timeout", "0n")], .deadlineExceeded, ""),
      (RawCall.headers() + [HeaderField("grpc-timeout", "99999999H")], .ok, ""),
      (RawCall.headers() + [HeaderField("grpc-encoding", "gzip")], .ok, ""),
    ]
    try await EchoServer.run { echo async throws in
      for row in cases {
        let error = await code(echo, row.fields, [Self.framed])
        #expect(error.code == row.code, "\(row.message)")
        #expect(error.message.hasSuffix(row.message) || error.message.contains(row.message))
      }
    }
  }

  /// Messages that are never finished don't add up beyond the limit, and what they took is free again
  /// when their calls have ended.
  @Test(arguments: [true, false])
  func unfinishedMessagesAreLimited(perLoop: Bool) async throws {
    var limits = ServerLimits()
    if perLoop {
      limits.requestBytesPerLoop = 2500
    } else {
      limits.requestBytesPerConnection = 2500
    }
    let unfinished = [UInt8]([0, 0, 0, 16, 0]) + [UInt8](repeating: 0, count: 995)
    try await EchoServer.run(limits: limits) { echo async throws in
      for _ in 0..<3 {
        let codes = try await echo.channel.loop.call { () async throws(RPCError) -> [StatusCode] in
          let calls = try (0..<2).map { _ throws(RPCError) in
            try echo.channel.open(RawCall.headers(path: "/test.Echo/Collect"))
          }
          let last = try echo.channel.open(RawCall.headers())
          for call in calls + [last] {
            call.stream?.sendData(count: unfinished.count) { $0.copyBytes(from: unfinished) }
          }
          var codes: [StatusCode] = []
          do throws(RPCError) { _ = try await last.receiveOnly(ProtoAny.self) } catch {
            codes.append(error.code)
          }
          for call in calls {
            codes.append(call.state.failure?.code ?? .ok)
            call.fail(.cancelled)
          }
          return codes
        }
        #expect(codes == [.resourceExhausted, .ok, .ok])
        #expect(try await echo.unary("a", [UInt8](repeating: 0, count: 2000)).value.count == 2000)
      }
    }
  }
}
