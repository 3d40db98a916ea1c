import Messages
import Synchronization
import Testing

@testable import RPC

/// Calls that are begun without a task and answered later.
@Suite(.timeLimit(.minutes(10))) struct DeferredTests {
  private let events = EchoServer.Events()

  /// "refuse" is refused, "hold" is answered when it is cancelled, anything else is answered as it came:
  /// none of them before `begin` has returned.
  private func method(_ router: inout Router) {
    router.unary(service: "test.Later", method: "Get") {
      (_: ProtoAny, _) async throws(RPCError) -> ProtoAny in
      throw RPCError(.internal, "the handler was replaced")
    }
    router.answerLater(service: "test.Later", method: "Get") {
      [events] (request: ProtoAny, context, reply: UnaryReply<ProtoAny>) in
      switch request.typeURL {
      case "refuse": context.onLoop { reply.failed(RPCError(.aborted, "later")) }
      case "hold":
        reply.onCancel {
          events.happened("cancelled")
          context.onLoop {
            reply.succeeded(request)
            events.happened("answered")
          }
        }
        events.happened("holds")
      default: context.onLoop { reply.succeeded(request) }
      }
    }
  }

  private func get(
    _ echo: EchoServer, _ word: String, timeout: Duration? = nil
  ) async throws(RPCError) -> ProtoAny {
    try await echo.channel.unary(
      service: "test.Later", method: "Get", ProtoAny(typeURL: word, value: [7]),
      options: CallOptions(timeout: timeout))
  }

  @Test func answersAndRefuses() async throws {
    try await EchoServer.run(adding: method) { echo async throws in
      for _ in 0..<3 {
        #expect(try await get(echo, "a") == ProtoAny(typeURL: "a", value: [7]))
        do throws(RPCError) {
          _ = try await get(echo, "refuse")
          Issue.record("it was answered")
        } catch {
          #expect(error.code == .aborted && error.message == "later")
        }
      }
    }
  }

  @Test func isToldOfADeadlineOnceAndStillAnswers() async throws {
    try await EchoServer.run(adding: method) { echo async throws in
      do throws(RPCError) {
        _ = try await get(echo, "hold", timeout: .milliseconds(50))
        Issue.record("it was answered")
      } catch {
        #expect(error.code == .deadlineExceeded)
      }
      await events.wait("answered")
      #expect(events.count("cancelled") == 1)
      #expect(try await get(echo, "after").typeURL == "after")
    }
  }

  @Test func isToldOfACancellationOnceAndStillAnswers() async throws {
    try await EchoServer.run(adding: method) { echo async throws in
      let call = Task { try await get(echo, "hold") }
      await events.wait("holds")
      call.cancel()
      await #expect(throws: RPCError.self) { try await call.value }
      await events.wait("answered")
      #expect(events.count("cancelled") == 1)
      #expect(try await get(echo, "after").typeURL == "after")
    }
  }

  /// A stop waits for what is owed, and when its grace is over cancels it.
  @Test func aStopCancelsWhatIsOwed() async throws {
    try await EchoServer.run(adding: method) { echo async throws in
      let call = Task { try await get(echo, "hold") }
      await events.wait("holds")
      await echo.server.shutdown(grace: .milliseconds(10))
      #expect(events.count("answered") == 1)
      await #expect(throws: RPCError.self) { try await call.value }
    }
  }
}
