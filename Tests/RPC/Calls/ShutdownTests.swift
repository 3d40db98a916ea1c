import EventLoop
import HTTP2
import Messages
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(10))) struct ShutdownTests {
  /// Longer than a test may take: a stop that waits for it fails.
  private static let grace = Duration.seconds(3600)

  /// How a stream ends after what is left of it.
  private func end(
    of stream: ClientStream<ProtoAny, ProtoAny>
  ) async -> (code: StatusCode, reason: String?, messages: Int) {
    var messages = 0
    do throws(RPCError) {
      while try await stream.next() != nil { messages += 1 }
      return (.ok, nil, messages)
    } catch {
      return (error.code, error.errorInfo?.reason, messages)
    }
  }

  /// Adds `test.Held`, whose methods wait for `release` before they take their requests.
  private func held(_ router: inout Router, _ release: EchoServer.Events) {
    router.unary(service: "test.Held", method: "Unary") {
      (request: ProtoAny, _) async throws(RPCError) -> ProtoAny in
      release.happened("held")
      await release.wait("go on")
      return request
    }
    router.clientStreaming(service: "test.Held", method: "Collect") {
      (requests: RequestStream<ProtoAny>, _) async throws(RPCError) -> ProtoAny in
      release.happened("held")
      await release.wait("go on")
      var all = ProtoAny()
      for try await request in requests { all.typeURL += request.typeURL }
      return all
    }
  }

  /// Waits until new calls are refused: the server has said that it stops.
  private func stopIsTold(_ echo: EchoServer) async {
    while true {
      do throws(RPCError) { _ = try await echo.unary("a") } catch {
        #expect(error.code == .unavailable)
        return
      }
    }
  }

  /// Calls that have their whole request may end; new ones are refused; the stop returns when all is done.
  @Test func callsThatRunMayEnd() async throws {
    let release = EchoServer.Events()
    try await EchoServer.run(adding: { held(&$0, release) }) { echo async throws in
      async let unary: ProtoAny = echo.channel.unary(
        service: "test.Held", method: "Unary", ProtoAny(typeURL: "whole"))
      let stream: ClientStream<ProtoAny, ProtoAny> = try await echo.channel.clientStreaming(
        service: "test.Held", method: "Collect")
      for word in ["a", "b", "c"] { try await stream.send(ProtoAny(typeURL: word)) }
      stream.endSending()
      await release.wait("held", count: 2)
      let stop = Task { await echo.server.shutdown(grace: Self.grace) }
      await stopIsTold(echo)
      #expect(echo.server.connectionCount == 1)
      release.happened("go on")
      #expect(try await unary.typeURL == "whole")
      #expect(try await stream.next()?.typeURL == "abc")
      await stop.value
      #expect(echo.server.connectionCount == 0)
    }
  }

  /// A stream whose client may send for ever is ended once what was taken of it is answered.
  @Test func streamsThatWaitForTheirClientsEndAtOnce() async throws {
    try await EchoServer.run { echo async throws in
      let chat = try await echo.chat()
      try await chat.send(ProtoAny(typeURL: "a"))
      #expect(try await chat.next()?.typeURL == "a")
      let collect = try await echo.collect()
      try await collect.send(ProtoAny(typeURL: "a"))
      await echo.events.wait("taken")
      let silent = try await echo.chat()
      let health: ClientStream<HealthCheckRequest, HealthCheckResponse> =
        try await echo.channel.serverStreaming(
          service: "grpc.health.v1.Health", method: "Watch", HealthCheckRequest())
      #expect(try await health.next()?.status == .serving)
      await echo.server.shutdown(grace: Self.grace)
      for stream in [chat, collect, silent] {
        let end = await end(of: stream)
        #expect(end == (.unavailable, "SERVER_STOPPING", 0))
      }
      #expect(try await health.next()?.status == .notServing)
      do throws(RPCError) {
        _ = try await health.next()
        Issue.record("the watch of health goes on")
      } catch {
        #expect((error.code, error.errorInfo?.reason) == (.unavailable, "SERVER_STOPPING"))
      }
      #expect(echo.events.count("chat ends") == 2)
    }
  }

  /// A request that isn't whole was not begun, and is refused.
  @Test func requestsThatAreNotWholeAreRefused() async throws {
    try await EchoServer.run { echo async throws in
      let loop = echo.channel.loop
      let call = try await loop.call { () async throws(RPCError) -> ClientCall in
        let call = try echo.channel.open(RawCall.headers())
        call.stream?.sendData(count: 3) { $0.copyBytes(from: [0, 0, 0]) }
        return call
      }
      #expect(try await echo.unary("after it on the same connection").value == [])
      await echo.server.shutdown(grace: Self.grace)
      do throws(RPCError) {
        _ = try await loop.call { () throws(RPCError) in
          try await call.receiveOnly(ProtoAny.self)
        }
        Issue.record("half a request is answered")
      } catch {
        #expect((error.code, error.errorInfo?.reason) == (.unavailable, "SERVER_STOPPING"))
      }
    }
  }

  /// A client that takes nothing of what is sent to it is waited for no longer than `drainAnswer`, be the
  /// handler still at work or done.
  @Test func clientsThatDoNotReadHoldUpNoStop() async throws {
    var limits = HTTP2Limits()
    limits.streamWindowBytes = 65_535
    limits.drainAnswer = .milliseconds(50)
    try await EchoServer.run(http2: limits) { echo async throws in
      let flood = try await echo.expand("flood")
      await echo.events.wait("written", count: 10)
      // Its handler has ended, and what it wrote waits for the window.
      let chat = try await echo.chat()
      try await chat.send(ProtoAny(typeURL: "a", value: [UInt8](repeating: 1, count: 90_000)))
      try await chat.send(ProtoAny(typeURL: "bye"))
      await echo.events.wait("chat ends")
      await echo.server.shutdown(grace: Self.grace)
      await echo.events.wait("flood ends")
      #expect(await end(of: flood).code == .unavailable)
      #expect(await end(of: chat).code == .unavailable)
      #expect(echo.server.connectionCount == 0)
    }
  }

  /// After the grace what is left is cancelled, and has returned when the stop does.
  @Test func theRestIsCancelled() async throws {
    try await EchoServer.run { echo async throws in
      let call = Task { () async -> StatusCode in
        do throws(RPCError) {
          _ = try await echo.unary("stubborn")
          return .ok
        } catch {
          return error.code
        }
      }
      await echo.events.wait("hangs")
      await echo.server.shutdown(grace: .milliseconds(10))
      #expect(echo.events.count("stubborn returns") == 1)
      #expect(await call.value == .unavailable)
    }
  }
}
