import EventLoop
import HTTP2
import Messages

@testable import RPC

extension HeaderField.Text {
  /// As a string.
  var text: String {
    switch self {
    case .fixed(let text): "\(text)"
    case .string(let text): text
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    }
  }
}

/// Calls whose header fields and bytes are given as they go over the wire.
enum RawCall {
  /// A unary call with more header fields, and no notion of them on the client's side.
  static func unary(
    _ echo: EchoServer, word: String, _ more: [HeaderField]
  ) async throws(RPCError) -> ProtoAny {
    let request = (try? ProtoAny(typeURL: word, value: []).encoded()) ?? []
    return try await send(
      echo, headers() + more, [MessageReaderTests.framed(request)])
  }

  static func headers(
    method: HeaderField.Text = "POST", path: HeaderField.Text = "/test.Echo/Unary",
    type: HeaderField.Text = "application/grpc"
  ) -> [HeaderField] {
    [
      HeaderField(":method", method), HeaderField(":scheme", "http"), HeaderField(":path", path),
      HeaderField(":authority", "test"), HeaderField("te", "trailers"),
      HeaderField("content-type", type),
    ]
  }

  /// Sends the pieces, ends the request, and takes the only message of the response.
  static func send(
    _ echo: EchoServer, _ fields: [HeaderField], _ pieces: [[UInt8]]
  ) async throws(RPCError) -> ProtoAny {
    try await echo.loops.loops[0].call { () async throws(RPCError) -> ProtoAny in
      let channel = try await ClientChannel.connect(to: echo.address, on: echo.loops.loops[0])
      defer { channel.close() }
      let call = try channel.open(fields)
      for piece in pieces {
        call.stream?.sendData(count: piece.count) { $0.copyBytes(from: piece) }
      }
      call.endSending()
      return try await call.receiveOnly(ProtoAny.self)
    }
  }
}
