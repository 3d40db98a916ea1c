import Messages
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(2))) struct ShutdownTests {
  /// Calls that run may end; new ones are refused; the stop returns when all is done.
  @Test func callsThatRunMayEnd() async throws {
    try await EchoServer.run { echo async throws in
      let chat = try await echo.chat()
      try await chat.send(ProtoAny(typeURL: "a", value: []))
      #expect(try await chat.next() != nil)
      let stop = Task { await echo.server.shutdown(grace: .seconds(3600)) }
      // The server has said that it stops once new calls are refused.
      var isRefused = false
      while !isRefused {
        do throws(RPCError) { _ = try await echo.unary("a") } catch {
          #expect(error.code == .unavailable)
          isRefused = true
        }
      }
      try await chat.send(ProtoAny(typeURL: "b", value: []))
      #expect(try await chat.next()?.typeURL == "b")
      chat.endSending()
      #expect(try await chat.next() == nil)
      await stop.value
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
