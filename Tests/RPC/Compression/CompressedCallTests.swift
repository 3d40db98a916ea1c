import HTTP2
import Messages
import Testing

@testable import RPC

/// Compression in calls: who compresses what, and what becomes of messages that can't be read.
@Suite(.timeLimit(.minutes(10))) struct CompressedCallTests {
  private static let large = GzipTests.zeros(10_000)
  private static let gzip: CallOptions = {
    var options = CallOptions()
    options.compression = .gzip
    return options
  }()

  private func areCompressed(
    _ stream: ClientStream<ProtoAny, ProtoAny>
  ) async throws -> [Bool] {
    var compressed: [Bool] = []
    while let message = try await stream.next() {
      #expect(message.value == Self.large)
      compressed.append(try await stream.isResponseCompressed())
    }
    return compressed
  }

  /// Unary calls are made as streams here, to see how their answer came.
  private func answers(
    _ echo: EchoServer, _ method: StaticString, _ word: String
  ) async throws -> [Bool] {
    try await areCompressed(
      echo.channel.serverStreaming(
        service: "test.Echo", method: method, ProtoAny(typeURL: word, value: Self.large)))
  }

  @Test func responsesAreCompressedOnlyWhereTheHandlerSaysSo() async throws {
    try await EchoServer.run { echo async throws in
      #expect(try await answers(echo, "Unary", "") == [false])
      #expect(try await answers(echo, "Unary", "compress") == [true])
      #expect(try await answers(echo, "Unary", "") == [false])
      #expect(try await answers(echo, "Expand", "compress") == [true, false, true])
      #expect(try await answers(echo, "Expand", "compress too late") == [false, false])
    }
  }

  /// One encoding for several responses: compressed or not, it is the message that it was.
  @Test func encodedMessagesAreCompressedLikeOthers() async throws {
    try await EchoServer.run { echo async throws in
      for (word, expected) in [
        ("encoded", [false, false, false]), ("encoded compress", [true, false, false]),
      ] {
        let request = ProtoAny(typeURL: word, value: Self.large)
        let stream: ClientStream<ProtoAny, ProtoAny> = try await echo.channel.serverStreaming(
          service: "test.Echo", method: "Expand", request)
        var answers: [ProtoAny] = []
        var compressed: [Bool] = []
        while let message = try await stream.next() {
          answers.append(message)
          compressed.append(try await stream.isResponseCompressed())
        }
        #expect(answers == [request, request, ProtoAny()])
        #expect(compressed == expected)
      }
    }
  }

  @Test func whatWouldGrowIsNotCompressed() async throws {
    try await EchoServer.run { echo async throws in
      let stream: ClientStream<ProtoAny, ProtoAny> = try await echo.channel.serverStreaming(
        service: "test.Echo", method: "Unary", ProtoAny(typeURL: "compress", value: [1]))
      #expect(try await stream.next()?.value == [1])
      #expect(try await !stream.isResponseCompressed())
    }
  }

  @Test func requestsAreCompressedOneByOne() async throws {
    try await EchoServer.run { echo async throws in
      let word = "compressed?"
      #expect(try await echo.unary(word, Self.large).typeURL == "no")
      #expect(try await echo.unary(word, Self.large, options: Self.gzip).typeURL == "yes")
      #expect(try await echo.unary(word, Self.large).typeURL == "no")
      let stream: ClientStream<ProtoAny, ProtoAny> = try await echo.channel.clientStreaming(
        service: "test.Echo", method: "Collect", options: Self.gzip)
      for isCompressed in [true, false, true] {
        try await stream.send(
          ProtoAny(typeURL: word, value: Self.large), compressed: isCompressed)
      }
      #expect(try await stream.response().typeURL == "yes no yes ")
    }
  }

  @Test func bothWaysAtAnySize() async throws {
    try await EchoServer.run { echo async throws in
      for size in [0, 1, 100, 65_536, 3_000_000] {
        let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let answer = try await echo.unary("compress", payload, options: Self.gzip)
        #expect(answer.value == payload)
      }
    }
  }

  private func refusal(
    _ echo: EchoServer, _ body: [UInt8], flag: UInt8 = 1, encoding: HeaderField.Text? = "gzip",
    path: HeaderField.Text = "/test.Echo/Unary"
  ) async -> RPCError {
    var fields = RawCall.headers(path: path)
    if let encoding { fields.append(HeaderField("grpc-encoding", encoding)) }
    do throws(RPCError) {
      _ = try await RawCall.send(echo, fields, [MessageReaderTests.framed(body, flag: flag)])
      return RPCError(.ok, "")
    } catch {
      return error
    }
  }

  @Test func messagesThatCannotBeRead() async throws {
    let message = try ProtoAny(typeURL: "a", value: Self.large).encoded()
    let file = try #require(GzipTests.compress(message))
    let bomb = try #require(GzipTests.compress(GzipTests.zeros(100_000)))
    let cases:
      [(
        body: [UInt8], flag: UInt8, encoding: HeaderField.Text?, code: StatusCode, message: String
      )] = [
        (file, 1, "gzip", .ok, ""), (message, 0, "gzip", .ok, ""), (message, 0, nil, .ok, ""),
        (message, 0, "identity", .ok, ""), (message, 0, "snappy", .ok, ""),
        (
          file, 1, "snappy", .unimplemented,
          "the encoding 'snappy' is not supported; supported are identity,gzip"
        ),
        (
          file, 1, nil, .internal,
          "a message has the compressed flag, but grpc-encoding names no compression"
        ),
        (
          file, 1, "identity", .internal,
          "a message has the compressed flag, but grpc-encoding names no compression"
        ),
        (
          message, 1, "gzip", .internal,
          "a message can't be decompressed: incorrect header check"
        ),
        (
          file.dropLast(), 1, "gzip", .internal,
          "a message can't be decompressed: its gzip data ends too early"
        ),
        (
          [], 1, "gzip", .internal, "a message can't be decompressed: its gzip data ends too early"
        ),
        (
          file + [0], 1, "gzip", .internal,
          "a message can't be decompressed: bytes follow its gzip data"
        ),
        (
          bomb, 1, "gzip", .resourceExhausted,
          "a message is larger than 50000 bytes when decompressed"
        ),
      ]
    var limits = ServerLimits()
    limits.receiveMessageBytes = 50_000
    try await EchoServer.run(limits: limits) { echo async throws in
      for (index, row) in cases.enumerated() {
        for path: HeaderField.Text in ["/test.Echo/Unary", "/test.Echo/Collect"] {
          let error = await refusal(
            echo, row.body, flag: row.flag, encoding: row.encoding, path: path)
          #expect(error.code == row.code, "\(index)")
          #expect(error.message == row.message, "\(index)")
        }
      }
    }
  }

  /// A message that is refused ends its call and none other: the connection's state goes on.
  @Test func theClientLimitsWhatItDecompresses() async throws {
    try await EchoServer.run { echo async throws in
      var options = CallOptions()
      options.receiveMessageBytes = 5000
      do throws(RPCError) {
        _ = try await echo.unary("compress", Self.large, options: options)
        Issue.record("the answer was taken")
      } catch {
        #expect(error.code == .resourceExhausted)
        #expect(error.message == "a message is larger than 5000 bytes when decompressed")
      }
      #expect(try await echo.unary("compress", Self.large).value == Self.large)
    }
  }
}
