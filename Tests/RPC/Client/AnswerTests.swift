import HTTP2
import Messages
import Testing

@testable import RPC

/// What a client makes of answers, those of broken servers and of proxies among them.
@Suite(.timeLimit(.minutes(10))) struct AnswerTests {
  typealias Step = ScriptedServer.Step

  private func failure(_ steps: [Step]) async throws -> RPCError {
    try await ScriptedServer.run(steps) { channel in
      do throws(RPCError) {
        let _: ProtoAny = try await channel.unary(
          service: "test.Echo", method: "Unary", ProtoAny(typeURL: "a"))
        return RPCError(.ok, "")
      } catch {
        return error
      }
    }
  }

  private static let head = [
    HeaderField(":status", "200"), HeaderField("content-type", "application/grpc"),
  ]
  private static let message = (try? ProtoAny(typeURL: "a").encoded()) ?? []
  private static let framed = MessageReaderTests.framed(message)
  private static var fine: Step { .trailers([HeaderField("grpc-status", "0")]) }

  private static func status(_ code: HeaderField.Text, _ more: HeaderField...) -> [Step] {
    [.headersAlone(head + [HeaderField("grpc-status", code)] + more)]
  }

  @Test(
    arguments: [
      ("400", .internal), ("401", .unauthenticated), ("403", .permissionDenied),
      ("404", .unimplemented), ("429", .unavailable), ("502", .unavailable), ("503", .unavailable),
      ("504", .unavailable), ("500", .unknown), ("415", .unknown), ("302", .unknown),
    ] as [(String, StatusCode)])
  func httpStatus(status: String, code: StatusCode) async throws {
    let html = HeaderField("content-type", "text/html")
    for steps: [Step] in [
      [.headersAlone([HeaderField(":status", .string(status)), html])],
      [.headers([HeaderField(":status", .string(status)), html]), .data([1, 2, 3]), .end],
    ] {
      let error = try await failure(steps)
      #expect(error.code == code)
      #expect(error.message == "the server answered with HTTP status \(status)")
    }
  }

  @Test(
    arguments: [
      (.noError, .internal), (.protocolError, .internal), (.internalError, .internal),
      (.flowControlError, .internal), (HTTP2ErrorCode(rawValue: 4), .internal),
      (.streamClosed, .internal), (HTTP2ErrorCode(rawValue: 6), .internal),
      (.refusedStream, .unavailable), (.cancel, .cancelled),
      (HTTP2ErrorCode(rawValue: 9), .internal), (HTTP2ErrorCode(rawValue: 10), .internal),
      (.enhanceYourCalm, .resourceExhausted), (.inadequateSecurity, .permissionDenied),
      (HTTP2ErrorCode(rawValue: 13), .internal), (HTTP2ErrorCode(rawValue: 99), .internal),
    ] as [(HTTP2ErrorCode, StatusCode)])
  func resets(error: HTTP2ErrorCode, code: StatusCode) async throws {
    let failure = try await failure([.reset(error)])
    #expect(failure.code == code)
    #expect(error == .noError || failure.message.contains("\(error)"))
  }

  @Test(
    arguments: [
      ("0", nil, .unimplemented, "the response has no message"), ("5", nil, .notFound, ""),
      ("16", "no%20name", .unauthenticated, "no name"), ("2", "100%", .unknown, "100%"),
      ("2", "%zz%41%c3%bc%C3", .unknown, "%zzAü\u{FFFD}"), ("17", "new", .unknown, "new"),
      ("99", nil, .unknown, ""), ("-1", nil, .unknown, ""), ("x", "y", .unknown, "y"),
      ("", nil, .unknown, ""), ("1000", nil, .unknown, ""), ("05", nil, .notFound, ""),
    ] as [(String, String?, StatusCode, String)])
  func statuses(status: String, text: String?, code: StatusCode, message: String) async throws {
    var fields = [HeaderField("grpc-status", .string(status))]
    if let text { fields.append(HeaderField("grpc-message", .string(text))) }
    for steps: [Step] in [
      [.headersAlone(Self.head + fields)], [.headers(Self.head), .trailers(fields)],
    ] {
      let error = try await failure(steps)
      #expect(error.code == code)
      #expect(error.message == message)
    }
  }

  @Test func metadataOfAStatusAlone() async throws {
    let error = try await failure(
      Self.status(
        "14", HeaderField("x", "1"), HeaderField("x-bin", "AAE"),
        HeaderField("grpc-retry-pushback-ms", "7"), HeaderField("grpc-future", "2")))
    #expect(error.trailers.keys == ["x", "x-bin", "grpc-retry-pushback-ms"])
    #expect(error.trailers.bytes("x-bin") == [[0, 1]])
  }

  // Made anew each time: LeakSanitizer does not see what a static enum with a payload points to.
  static var answers: [(name: String, steps: [Step], code: StatusCode, message: String)] {
    [
      ("well", [.headers(head), .data(framed), fine], .ok, ""),
      (
        "a gRPC status under another HTTP status",
        [
          .headersAlone([
            HeaderField(":status", "503"), HeaderField("content-type", "application/grpc"),
            HeaderField("grpc-status", "7"),
          ])
        ], .permissionDenied, ""
      ),
      (
        "not gRPC", [.headersAlone([HeaderField(":status", "200")])], .unknown,
        "the server's answer is not gRPC"
      ),
      (
        "no trailers", [.headers(head), .data(framed), .end], .unknown,
        "the response has ended without a status"
      ),
      (
        "trailers without a status",
        [.headers(head), .data(framed), .trailers([HeaderField("x", "1")])],
        .unknown, "the response has ended without a status"
      ),
      (
        "no message", [.headers(head), fine], .unimplemented, "the response has no message"
      ),
      (
        "two messages", [.headers(head), .data(framed + framed), fine], .unimplemented,
        "the response has more than one message"
      ),
      (
        "half a message", [.headers(head), .data(framed.dropLast()), fine], .internal,
        "the response ends within a message"
      ),
      (
        "no protobuf", [.headers(head), .data([0, 0, 0, 0, 1, 0xFF]), fine], .internal,
        "the response can't be decoded"
      ),
      (
        "a flag of no meaning", [.headers(head), .data([2, 0, 0, 0, 0]), fine], .internal,
        "a message's flag is neither 0 nor 1"
      ),
      (
        "compressed without an encoding", [.headers(head), .data([1, 0, 0, 0, 0]), fine], .internal,
        "a message has the compressed flag, but grpc-encoding names no compression"
      ),
      (
        "an unknown encoding",
        [.headers(head + [HeaderField("grpc-encoding", "br")]), .data([1, 0, 0, 0, 0]), fine],
        .internal,
        "the encoding 'br' is not supported; supported are identity,gzip"
      ),
      (
        "an unknown encoding that isn't used",
        [.headers(head + [HeaderField("grpc-encoding", "br")]), .data(framed), fine], .ok, ""
      ),
      (
        "damaged gzip",
        [
          .headers(head + [HeaderField("grpc-encoding", "gzip")]),
          .data([1, 0, 0, 0, 2, 0x1F, 0x8C]),
          fine,
        ], .internal, "a message can't be decompressed: incorrect header check"
      ),
      ("a lost connection", [.headers(head), .close], .unavailable, "the connection was lost"),
    ]
  }

  @Test(arguments: answers.indices)
  func answer(index: Int) async throws {
    let row = Self.answers[index]
    let error = try await failure(row.steps)
    #expect(error.code == row.code, "\(row.name)")
    #expect(error.message.hasPrefix(row.message), "\(row.name)")
  }
}
