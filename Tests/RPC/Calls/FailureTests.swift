import EventLoop
import HTTP2
import Messages
import Synchronization
import Testing

@testable import RPC

/// Calls that don't end well, and what becomes of the others.
@Suite(.timeLimit(.minutes(10))) struct FailureTests {
  private func failure<T>(
    _ body: () async throws(RPCError) -> T, location: SourceLocation = #_sourceLocation
  ) async -> RPCError {
    do throws(RPCError) {
      _ = try await body()
    } catch {
      return error
    }
    Issue.record("the call ended well", sourceLocation: location)
    return RPCError(.ok, "")
  }

  @Test func statusMessageAndDetailsArrive() async throws {
    try await EchoServer.run { echo async throws in
      let error = await failure { () throws(RPCError) in try await echo.unary("fail") }
      #expect(error.code == .failedPrecondition)
      #expect(error.message == "größer als 100 %")
      #expect(
        error.errorInfo == ErrorInfo(reason: "TEST", domain: "orderwire", metadata: ["a": "b"]))
    }
  }

  @Test func aMalformedMessageEndsACallThatGoesOn() async throws {
    try await EchoServer.run { echo async throws in
      let chat: ClientStream<ProtoAny, ErrorInfo> = try await echo.channel.bidirectional(
        service: "test.Echo", method: "Chat")
      // Field 2 is bytes on the way there and text on the way back.
      try await chat.send(ProtoAny(typeURL: "", value: [0xFF]))
      let error = await failure { () throws(RPCError) in try await chat.next() }
      #expect(error.code == .internal)
      #expect(await failure { () throws(RPCError) in try await chat.next() }.code == .internal)
      await echo.events.wait("chat ends")
    }
  }

  @Test func errorsOfStreams() async throws {
    try await EchoServer.run { echo async throws in
      let none = try await echo.expand("fail")
      #expect(await failure { () throws(RPCError) in try await none.next() }.code == .notFound)
      let midway = try await echo.expand("fail midway")
      #expect(try await midway.next()?.typeURL == "1")
      #expect(await failure { () throws(RPCError) in try await midway.next() }.code == .dataLoss)
      let collect = try await echo.collect()
      try await collect.send(ProtoAny(typeURL: "fail", value: []))
      #expect(
        await failure { () throws(RPCError) in try await collect.response() }.code == .outOfRange)
    }
  }

  @Test func unknownMethod() async throws {
    try await EchoServer.run { echo async throws in
      let error = await failure { () async throws(RPCError) -> ProtoAny in
        try await echo.channel.unary(service: "test.Echo", method: "Nope", ProtoAny())
      }
      #expect(error.code == .unimplemented)
      #expect(error.message == "there is no method /test.Echo/Nope")
    }
  }

  @Test func deadline() async throws {
    try await EchoServer.run { echo async throws in
      #expect(try await echo.unary("deadline").typeURL == "none")
      let patient = CallOptions(timeout: .seconds(3600))
      #expect(try await echo.unary("deadline", options: patient).typeURL == "some")
      let error = await failure { () throws(RPCError) in
        try await echo.unary("hang", options: CallOptions(timeout: .milliseconds(20)))
      }
      #expect(error.code == .deadlineExceeded)
      await echo.events.wait("cancelled")
    }
  }

  /// The server keeps the deadline by itself: this client sends it and doesn't.
  @Test func theServerKeepsTheDeadline() async throws {
    try await EchoServer.run { echo async throws in
      let error = await failure { () throws(RPCError) in
        try await RawCall.unary(echo, word: "hang", [.init("grpc-timeout", "20m")])
      }
      #expect(error.code == .deadlineExceeded)
      await echo.events.wait("cancelled")
    }
  }

  @Test func cancellationReachesTheHandler() async throws {
    try await EchoServer.run { echo async throws in
      let task = Task { await failure { () throws(RPCError) in try await echo.unary("hang") } }
      await echo.events.wait("hangs")
      task.cancel()
      #expect(await task.value.code == .cancelled)
      await echo.events.wait("cancelled")
    }
  }

  /// A handler that waits for a message, or for room to write, is woken.
  @Test func cancellationWakesStreams() async throws {
    try await EchoServer.run { echo async throws in
      let chat = try await echo.chat()
      try await chat.send(ProtoAny(typeURL: "a", value: []))
      #expect(try await chat.next()?.typeURL == "a")
      chat.cancel()
      await echo.events.wait("chat ends")
      let flood = try await echo.expand("flood")
      #expect(try await flood.next() != nil)
      flood.cancel()
      await echo.events.wait("flood ends")
    }
  }

  @Test func aLostConnectionCancels() async throws {
    try await EchoServer.run { echo async throws in
      let task = Task { await failure { () throws(RPCError) in try await echo.unary("hang") } }
      await echo.events.wait("hangs")
      echo.channel.close()
      #expect(await task.value.code == .unavailable)
      await echo.events.wait("cancelled")
      #expect(
        await failure { () throws(RPCError) in try await echo.unary("a") }.code == .unavailable)
    }
  }

  @Test func messagesAreLimited() async throws {
    var limits = ServerLimits()
    limits.receiveMessageBytes = 1000
    try await EchoServer.run(limits: limits) { echo async throws in
      // Two bytes for the field's key and length at least.
      #expect(try await echo.unary("", [UInt8](repeating: 0, count: 990)).value.count == 990)
      let error = await failure { () throws(RPCError) in
        try await echo.unary("", [UInt8](repeating: 0, count: 1001))
      }
      #expect(error.code == .resourceExhausted)
      var options = CallOptions()
      options.receiveMessageBytes = 100
      let ours = await failure { () throws(RPCError) in
        try await echo.unary("", [UInt8](repeating: 0, count: 101), options: options)
      }
      #expect(ours.code == .resourceExhausted)
      #expect(try await echo.unary("still there").typeURL == "still there")
    }
  }

  @Test func metadataIsLimited() async throws {
    var limits = ServerLimits()
    limits.metadataBytes = 100
    try await EchoServer.run(limits: limits) { echo async throws in
      var options = CallOptions()
      try options.metadata.append("k", String(repeating: "v", count: 100))
      let error = await failure { () throws(RPCError) in
        try await echo.unary("a", options: options)
      }
      #expect(error.code == .resourceExhausted)
    }
  }

  /// Per connection and per loop.
  @Test(arguments: [true, false])
  func runningHandlersAreLimited(perLoop: Bool) async throws {
    var limits = ServerLimits()
    if perLoop { limits.handlersPerLoop = 1 } else { limits.handlersPerConnection = 1 }
    try await EchoServer.run(limits: limits) { echo async throws in
      let chat = try await echo.chat()
      try await chat.send(ProtoAny(typeURL: "a", value: []))
      #expect(try await chat.next() != nil)
      #expect(
        await failure { () throws(RPCError) in try await echo.unary("a") }.code
          == .resourceExhausted)
      chat.endSending()
      #expect(try await chat.next() == nil)
      #expect(try await echo.unary("a").typeURL == "a")
    }
  }

  /// A reset call holds its slot until its handler has returned, and no longer.
  @Test func resetCallsGiveTheirSlotsBack() async throws {
    var limits = ServerLimits()
    limits.handlersPerConnection = 5
    try await EchoServer.run(limits: limits) { echo async throws in
      for round in 1...50 {
        let tasks = (0..<5).map { _ in
          Task { await failure { () throws(RPCError) in try await echo.unary("hang") } }
        }
        await echo.events.wait("hangs", count: round * 5)
        for task in tasks { task.cancel() }
        await echo.events.wait("cancelled", count: round * 5)
        for task in tasks { #expect(await task.value.code == .cancelled) }
      }
    }
  }

  /// A context that is kept longer than its call still tells of that call.
  @Test func aKeptContextIsNotUsedAgain() async throws {
    let kept = Mutex<[ServerContext]>([])
    try await EchoServer.run { router in
      router.immediate(service: "test.Keep", method: "Keep") {
        (request: ProtoAny, context: ServerContext) throws(RPCError) -> ProtoAny in
        if request.typeURL == "keep" { kept.withLock { $0.append(context) } }
        return request
      }
    } _: { echo async throws in
      for number in 0..<20 {
        var options = CallOptions()
        try options.metadata.append("n", "\(number)")
        let request = ProtoAny(typeURL: number % 3 == 0 ? "keep" : "drop", value: [])
        let _: ProtoAny = try await echo.channel.unary(
          service: "test.Keep", method: "Keep", request, options: options)
      }
      // Taken out, since a server's methods that hold its contexts hold the server.
      let contexts = kept.withLock { kept in
        defer { kept = [] }
        return kept
      }
      #expect(contexts.map { $0.metadata["n"] } == ["0", "3", "6", "9", "12", "15", "18"])
    }
  }
}
