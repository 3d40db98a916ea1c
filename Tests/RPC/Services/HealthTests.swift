import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(10))) struct HealthTests {
  @Test func checkAndList() async throws {
    try await EchoServer.run { echo async throws in
      let client = HealthClient(echo.channel)
      #expect(try await client.check(HealthCheckRequest()).status == .serving)
      await #expect(throws: RPCError.self) {
        try await client.check(HealthCheckRequest(service: "a"))
      }
      echo.health.set("a", .notServing)
      #expect(try await client.check(HealthCheckRequest(service: "a")).status == .notServing)
      let all = try await client.list(HealthListRequest()).statuses
      #expect(all.mapValues(\.status) == ["": .serving, "a": .notServing])
      for number in 0..<HealthService.listedServices { echo.health.set("\(number)", .serving) }
      await #expect(throws: RPCError.self) { try await client.list(HealthListRequest()) }
    }
  }

  @Test func watchTellsEveryChange() async throws {
    try await EchoServer.run { echo async throws in
      let watch = try await HealthClient(echo.channel).watch(HealthCheckRequest(service: "a"))
      #expect(try await watch.next()?.status == .serviceUnknown)
      for status in [HealthService.Status.serving, .notServing, .serving] {
        echo.health.set("b", .serving)
        echo.health.set("a", status)
        #expect(try await watch.next()?.status == status)
      }
      watch.cancel()
      let other = try await HealthClient(echo.channel).watch(HealthCheckRequest())
      #expect(try await other.next()?.status == .serving)
    }
  }

  @Test func shutdownIsToldAndFinal() async throws {
    try await EchoServer.run { echo async throws in
      let watch = try await HealthClient(echo.channel).watch(HealthCheckRequest())
      #expect(try await watch.next()?.status == .serving)
      echo.health.shutdown()
      #expect(try await watch.next()?.status == .notServing)
      do throws(RPCError) {
        _ = try await watch.next()
        Issue.record("the watch goes on")
      } catch {
        #expect(error.code == .unavailable)
      }
      echo.health.set("", .serving)
      let client = HealthClient(echo.channel)
      #expect(try await client.check(HealthCheckRequest()).status == .notServing)
    }
  }
}
