import HTTP2
import Messages
import Testing

@testable import RPC

/// The four kinds of calls between our own client and server.
@Suite(.timeLimit(.minutes(10))) struct LoopbackTests {
  @Test func unary() async throws {
    try await EchoServer.run { echo async throws in
      #expect(try await echo.unary("a", [1, 2]) == ProtoAny(typeURL: "a", value: [1, 2]))
      #expect(try await echo.unary("elsewhere").typeURL == "elsewhere")
    }
  }

  @Test func immediate() async throws {
    try await EchoServer.run { echo async throws in
      for word in ["x", "fail", "y"] {
        do throws(RPCError) {
          let response: ProtoAny = try await echo.channel.unary(
            service: "test.Echo", method: "Immediate", ProtoAny(typeURL: word, value: []))
          #expect(response.typeURL == word)
        } catch {
          #expect(word == "fail" && error.code == .aborted && error.message == "immediately")
        }
      }
    }
  }

  @Test func answersAtOnceWhatItCanAndLeavesTheRestToTheHandler() async throws {
    let more = { (router: inout Router) in
      router.unary(service: "test.Ready", method: "Get") {
        (request: ProtoAny, _) async throws(RPCError) -> ProtoAny in
        ProtoAny(typeURL: "handler", value: request.value)
      }
      router.answerAtOnce(service: "test.Ready", method: "Get") {
        (request: ProtoAny, _, answer: (ProtoAny) -> Void) in
        if request.typeURL == "ready" {
          answer(ProtoAny(typeURL: "at once", value: request.value))
        }
      }
    }
    try await EchoServer.run(adding: more) { echo async throws in
      for (word, answer) in [("ready", "at once"), ("not", "handler"), ("ready", "at once")] {
        let response: ProtoAny = try await echo.channel.unary(
          service: "test.Ready", method: "Get", ProtoAny(typeURL: word, value: [1, 2, 3]))
        #expect(response == ProtoAny(typeURL: answer, value: [1, 2, 3]))
      }
    }
  }

  /// Many calls at a time over one connection, small and large: more than a window, many frames.
  @Test func manyAtATime() async throws {
    try await EchoServer.run { echo async throws in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          group.addTask {
            let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number * 997)
            let response = try await echo.unary("\(number)", payload)
            #expect(response == ProtoAny(typeURL: "\(number)", value: payload))
          }
        }
        try await group.waitForAll()
      }
    }
  }

  /// Calls beyond the streams that the server allows wait for their turn.
  @Test func moreThanTheServerAllows() async throws {
    var http2 = HTTP2Limits()
    http2.concurrentStreams = 5
    try await EchoServer.run(http2: http2) { echo async throws in
      // The limit is known once an answer came.
      #expect(try await echo.unary("first").typeURL == "first")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<100 {
          group.addTask {
            let response = try await echo.unary("\(number)")
            #expect(response.typeURL == "\(number)")
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func serverStreaming() async throws {
    try await EchoServer.run { echo async throws in
      var words: [String] = []
      for try await message in try await echo.expand("1000") { words.append(message.typeURL) }
      #expect(words == (0..<1000).map(String.init))
      #expect(try await echo.expand("none").next() == nil)
      let elsewhere = try await echo.expand("elsewhere")
      #expect(try await elsewhere.next()?.typeURL == "0")
      #expect(try await elsewhere.next()?.typeURL == "1")
      #expect(try await elsewhere.next()?.typeURL == "2")
      #expect(try await elsewhere.next() == nil)
    }
  }

  @Test func clientStreaming() async throws {
    try await EchoServer.run { echo async throws in
      let empty = try await echo.collect()
      #expect(try await empty.response() == ProtoAny())
      let call = try await echo.collect()
      for number in 0..<100 {
        try await call.send(
          ProtoAny(typeURL: "x", value: [UInt8](repeating: 1, count: number * 100)))
      }
      let response = try await call.response()
      #expect(response.typeURL.utf8.count == 100)
      #expect(response.value.count == 99 * 100 / 2 * 100)
    }
  }

  @Test func bidirectional() async throws {
    try await EchoServer.run { echo async throws in
      let call = try await echo.chat()
      for number in 0..<100 {
        try await call.send(ProtoAny(typeURL: "\(number)", value: []))
        #expect(try await call.next()?.typeURL == "\(number)")
      }
      call.endSending()
      #expect(try await call.next() == nil)
    }
  }

  @Test func theServerMayEndFirst() async throws {
    try await EchoServer.run { echo async throws in
      let chat = try await echo.chat()
      try await chat.send(ProtoAny(typeURL: "bye", value: []))
      #expect(try await chat.next() == nil)
      let collect = try await echo.collect()
      try await collect.send(ProtoAny(typeURL: "a", value: []))
      try await collect.send(ProtoAny(typeURL: "enough", value: []))
      let response: ProtoAny? = try await collect.next()
      #expect(response?.typeURL == "a")
      #expect(try await collect.next() == nil)
      #expect(try await echo.unary("still there").typeURL == "still there")
    }
  }

  @Test func metadataGoesBothWays() async throws {
    try await EchoServer.run { echo async throws in
      var options = CallOptions()
      try options.metadata.append("a", "1")
      try options.metadata.append("b-bin", bytes: [255, 0])
      try options.metadata.append("a", "2")
      let call: ClientStream<ProtoAny, ProtoAny> = try await echo.channel.bidirectional(
        service: "test.Echo", method: "Unary", options: options)
      try await call.send(ProtoAny(typeURL: "metadata", value: []))
      call.endSending()
      let initial = try await call.initialMetadata()
      #expect(initial.values("a") == ["1", "2"])
      #expect(initial.bytes("b-bin") == [[255, 0]])
      #expect(try await call.next()?.typeURL == "metadata")
      #expect(try await call.next() == nil)
      #expect(try await call.trailingMetadata().bytes("t-bin") == [[0, 1, 2]])
    }
  }
}
