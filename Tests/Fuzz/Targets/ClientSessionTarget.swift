// Bytes of a server into a client's connection, with calls of every kind on it. Whatever comes, every call
// ends, and no stream, byte or credit is left.

import Messages

@testable import EventLoop
@testable import HTTP2
@testable import RPC

func fuzzClientSession(_ input: inout Input) {
  let choice = input.byte()
  let (limits, _) = sessionLimits(areSmall: choice & 1 != 0)
  let (connection, peer) = handTurned.connection(.client, limits)
  connection.start()
  let calls = ClientCalls(ClientChannel(connection, authority: "fuzz", scheme: "http"))
  for kind in 0..<4 { calls.start(kind) }
  handTurned.turn()
  talk(&input, connection, peer, isClient: false, isRaw: choice & 2 != 0, hears: choice & 4 == 0)
  if choice & 8 != 0 { calls.cancel() }
  handTurned.turn()
  checkOpen(connection)
  if choice & 32 != 0 { connection.drain() }
  end(connection, peer, byHangingUp: choice & 16 != 0)
  handTurned.turn(until: "calls end") { calls.running == 0 }
  checkHeard(peer, connection, limits)
}

/// Calls that go on until they have ended one way or another.
// @unchecked: confined to the fuzzer's thread.
private final class ClientCalls: @unchecked Sendable {
  private(set) var running = 0
  private let channel: ClientChannel
  private var tasks: [Task<Void, Never>] = []

  init(_ channel: ClientChannel) { self.channel = channel }

  func start(_ kind: Int) {
    running += 1
    let task = Task.immediate(executorPreference: channel.loop) { [self] in
      // A status is as good an end as an answer.
      try? await call(kind)
      running -= 1
    }
    tasks.append(task)
  }

  func cancel() { for task in tasks { task.cancel() } }

  private func call(_ kind: Int) async throws(RPCError) {
    let request = ProtoAny(typeURL: "request", value: [1, 2, 3])
    switch kind {
    case 0:
      var options = CallOptions()
      options.receiveMessageBytes = 1024
      let _: ProtoAny = try await channel.unary(
        service: "test.Echo", method: "Unary", request, options: options)
    case 1:
      let call: ClientStream<ProtoAny, ProtoAny> = try await channel.serverStreaming(
        service: "test.Echo", method: "Expand", request)
      _ = try await call.initialMetadata()
      for try await _ in call {}
      _ = try await call.trailingMetadata()
    case 2:
      let call: ClientStream<ProtoAny, ProtoAny> = try await channel.clientStreaming(
        service: "test.Echo", method: "Collect")
      try await call.send(ProtoAny(typeURL: "", value: [UInt8](repeating: 1, count: 100_000)))
      _ = try await call.response()
    default:
      let call: ClientStream<ProtoAny, ProtoAny> = try await channel.bidirectional(
        service: "test.Echo", method: "Chat")
      while let answer = try await call.next() { try await call.send(answer) }
    }
  }
}
