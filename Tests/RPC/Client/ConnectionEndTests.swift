import EventLoop
import Foundation
import HTTP2
import Messages
import Testing

@testable import RPC

/// What a client does when a server says something about the connection, or about one side of a stream.
@Suite(.timeLimit(.minutes(10))) struct ConnectionEndTests {
  /// Runs a server's script on a thread of its own, and a client beside it.
  private func run(
    _ script: @escaping @Sendable (borrowing RawServer.Connection) -> Void,
    _ body: @Sendable (ClientChannel, Task<Void, Never>) async throws -> Void
  ) async throws {
    let loops = try LoopGroup(count: 1)
    try loops.start()
    defer { loops.stop() }
    let server = try RawServer()
    let address = server.address
    // A thread of its own, because the script blocks, and the tasks' threads may be few.
    let thread = Task {
      await withCheckedContinuation { continuation in
        Thread.detachNewThread {
          server.accept(script)
          continuation.resume()
        }
      }
    }
    let channel = try await ClientChannel.connect(to: address, on: loops.next())
    try await body(channel, thread)
    channel.close()
    await thread.value
  }

  private func code(_ body: () async throws(RPCError) -> ProtoAny) async -> StatusCode {
    do throws(RPCError) {
      _ = try await body()
      return .ok
    } catch {
      return error.code
    }
  }

  /// A stream behind the last one that GOAWAY names was never looked at: it may be made elsewhere.
  @Test func aStreamBehindTheLastIsUnavailable() async throws {
    try await run { connection in
      _ = connection.frame(RawServer.headers)
      connection.send(type: RawServer.goAway, stream: 0, [0, 0, 0, 0, 0, 0, 0, 0])
      // Until the client has closed.
      _ = connection.frame(0xFF)
    } _: { channel, _ in
      for _ in 0..<2 {
        let ended = await code { () async throws(RPCError) -> ProtoAny in
          try await channel.unary(service: "test.Echo", method: "Unary", ProtoAny())
        }
        #expect(ended == .unavailable)
      }
    }
  }

  /// A call whose stream GOAWAY includes goes on to its end.
  @Test func aStreamBeforeTheLastGoesOn() async throws {
    try await run { connection in
      _ = connection.frame(RawServer.headers)
      connection.send(type: RawServer.goAway, stream: 0, [0, 0, 0, 1, 0, 0, 0, 0])
      let block = RawServer.Connection.block([
        (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"),
      ])
      connection.send(type: RawServer.headers, flags: 5, stream: 1, block)
      _ = connection.frame(0xFF)
    } _: { channel, _ in
      let ended = await code { () async throws(RPCError) -> ProtoAny in
        try await channel.unary(service: "test.Echo", method: "Unary", ProtoAny())
      }
      #expect(ended == .notFound)
    }
  }

  /// A server that answers before the request has ended may leave the stream half open: the client
  /// closes it.
  @Test func aStreamIsNotLeftHalfOpen() async throws {
    try await run { connection in
      _ = connection.frame(RawServer.headers)
      let block = RawServer.Connection.block([
        (":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "9"),
      ])
      connection.send(type: RawServer.headers, flags: 5, stream: 1, block)
      let reset = connection.frame(RawServer.reset)
      #expect(reset?.stream == 1)
      #expect(reset?.payload == [0, 0, 0, 0])
    } _: { channel, scriptEnd in
      let stream: ClientStream<ProtoAny, ProtoAny> = try await channel.bidirectional(
        service: "test.Echo", method: "Chat")
      let ended = await code { () async throws(RPCError) -> ProtoAny in
        try await stream.next() ?? ProtoAny()
      }
      #expect(ended == .failedPrecondition)
      let late = await code { () async throws(RPCError) -> ProtoAny in
        try await stream.send(ProtoAny())
        return ProtoAny()
      }
      #expect(late == .failedPrecondition)
      // Kept until the script has ended, which waits for the reset.
      await scriptEnd.value
    }
  }
}
