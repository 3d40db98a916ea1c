import EventLoop
import HTTP2
import RPC
import TestMessages
import TestServices
import Testing

/// The generated protocol and client of a service, over a real connection.
@Suite struct GeneratedServiceTests {
  @Test func callsEveryKindOfMethod() async throws {
    let loops = try LoopGroup(count: 1)
    try loops.start()
    var router = Router()
    Leaves().register(with: &router)
    let server = RPCServer(router: router, loops: loops)
    let address = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0))
    let channel = try await ClientChannel.connect(to: address, on: loops.next())
    let client = LeafServiceClient(channel)

    #expect(try await client.pick(Leaf(name: "a")) == Leaf(name: "picked a"))

    let split = try await client.split(Leaf(name: "b", weight: 3))
    var parts: [Leaf] = []
    while let part = try await split.next() { parts.append(part) }
    #expect(parts == (0..<3).map { Leaf(name: "b", weight: $0) })

    let join = try await client.join()
    for name in ["c", "d", "e"] { try await join.send(Leaf(name: name, weight: 2)) }
    #expect(try await join.response() == Leaf(name: "cde", weight: 6))

    let `repeat` = try await client.repeat()
    for name in ["f", "g"] {
      try await `repeat`.send(Leaf(name: name))
      #expect(try await `repeat`.next() == Leaf(name: name))
    }
    `repeat`.endSending()
    #expect(try await `repeat`.next() == nil)

    channel.close()
    await server.shutdown(grace: .zero)
    loops.stop()
  }
}

private struct Leaves: LeafServiceProtocol {
  func pick(_ request: Leaf, context: ServerContext) async throws(RPCError) -> Leaf {
    Leaf(name: "picked \(request.name)")
  }

  func split(
    _ request: Leaf, responses: ResponseWriter<Leaf>, context: ServerContext
  ) async throws(RPCError) {
    for index in 0..<request.weight {
      try await responses.write(Leaf(name: request.name, weight: index))
    }
  }

  func join(
    _ requests: RequestStream<Leaf>, context: ServerContext
  ) async throws(RPCError) -> Leaf {
    var joined = Leaf()
    for try await leaf in requests {
      joined.name += leaf.name
      joined.weight += leaf.weight
    }
    return joined
  }

  func `repeat`(
    _ requests: RequestStream<Leaf>, responses: ResponseWriter<Leaf>, context: ServerContext
  ) async throws(RPCError) {
    for try await leaf in requests { try await responses.write(leaf) }
  }
}
