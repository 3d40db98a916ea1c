import HTTP2
import Messages
import Testing

@testable import RPC

/// Who doesn't take what comes, stops who sends it, within a bounded memory.
@Suite(.timeLimit(.minutes(10))) struct BackPressureTests {
  private static let window: Int32 = 65_535
  /// The size of a message in these tests, and what can be under way of them: the window, what is
  /// queued above the high-water mark, and one that was begun on either side.
  private static let size = 10_000
  private static let underWay = (Int(window) + 64 * 1024) / size + 2

  private func limits() -> HTTP2Limits {
    var limits = HTTP2Limits()
    limits.streamWindowBytes = Self.window
    return limits
  }

  /// Calls over the same connection: when they are answered, everything before them was dealt with.
  private func fence(_ echo: EchoServer) async throws {
    for _ in 0..<20 { #expect(try await echo.unary("fence").typeURL == "fence") }
  }

  @Test func aSlowClientStopsTheServer() async throws {
    try await EchoServer.run(http2: limits()) { echo async throws in
      let flood = try await echo.expand("flood")
      #expect(try await flood.next() != nil)
      await echo.events.wait("written", count: 10)
      try await fence(echo)
      #expect(echo.events.count("written") <= Self.underWay)
      for _ in 0..<100 { #expect(try await flood.next()?.value.count == Self.size) }
      try await fence(echo)
      #expect(echo.events.count("written") <= 101 + Self.underWay)
      flood.cancel()
      await echo.events.wait("flood ends")
    }
  }

  @Test func aSlowServerStopsTheClient() async throws {
    try await EchoServer.run(http2: limits()) { echo async throws in
      let collect = try await echo.collect()
      try await collect.send(ProtoAny(typeURL: "hang", value: []))
      await echo.events.wait("hangs")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let message = ProtoAny(typeURL: "x", value: [UInt8](repeating: 1, count: Self.size))
          while true {
            try await collect.send(message)
            echo.events.happened("sent")
          }
        }
        await echo.events.wait("sent", count: 10)
        try await fence(echo)
        #expect(echo.events.count("sent") <= Self.underWay)
        collect.cancel()
        await #expect(throws: RPCError.self) { try await group.waitForAll() }
      }
      await echo.events.wait("cancelled")
    }
  }

  /// A message larger than the window arrives all the same, when it is waited for.
  @Test func messagesLargerThanTheWindow() async throws {
    try await EchoServer.run(http2: limits()) { echo async throws in
      let chat = try await echo.chat()
      let large = ProtoAny(typeURL: "a", value: [UInt8](repeating: 7, count: 1_000_000))
      for _ in 0..<3 {
        try await chat.send(large)
        #expect(try await chat.next() == large)
      }
      chat.endSending()
      #expect(try await chat.next() == nil)
    }
  }

  /// One stream that isn't read doesn't stop the others, as long as the connection's window lasts.
  @Test func othersGoOn() async throws {
    try await EchoServer.run(http2: limits()) { echo async throws in
      var floods: [ClientStream<ProtoAny, ProtoAny>] = []
      for _ in 0..<10 {
        let flood = try await echo.expand("flood")
        #expect(try await flood.next() != nil)
        floods.append(flood)
      }
      await echo.events.wait("written", count: 60)
      try await fence(echo)
      for flood in floods { flood.cancel() }
      await echo.events.wait("flood ends", count: 10)
    }
  }
}
