import Echo
import EventLoop
import HTTP2
import Messages
import TestCertificates
import Testing

@testable import RPC

/// Calls over TLS with our own client.
@Suite(.timeLimit(.minutes(10))) struct ClientTLSTests {
  let certificates: Certificates
  init() throws { certificates = try Certificates() }

  private func run(
    server tls: TLSContext, _ body: (SocketAddress, Loop) async throws -> Void
  ) async throws {
    let loops = try LoopGroup(count: 2)
    try loops.start()
    defer { loops.stop() }
    var router = Router()
    EchoService { _ in }.register(with: &router)
    router.unary(service: "test.Who", method: "Who") {
      (request: ProtoAny, context: ServerContext) async throws(RPCError) -> ProtoAny in
      ProtoAny(typeURL: try context.principal)
    }
    let server = RPCServer(router: router, loops: loops)
    let address = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0), tls: tls)
    do {
      try await body(address, loops.next())
    } catch {
      await server.shutdown(grace: .zero)
      throw error
    }
    await server.shutdown(grace: .zero)
  }

  @Test func callsOfAllKinds() async throws {
    try await run(server: certificates.serverContext()) { address, loop in
      let channel = try await ClientChannel.connect(
        to: address, tls: certificates.clientContext(), serverName: "localhost", on: loop)
      defer { channel.close() }
      for size in [0, 1, 20_000, 3_000_000] {
        let request = ProtoAny(typeURL: "a", value: [UInt8](repeating: 7, count: size))
        let answer: ProtoAny = try await channel.unary(
          service: "test.Echo", method: "Unary", request)
        #expect(answer == request)
      }
      let chat: ClientStream<ProtoAny, ProtoAny> = try await channel.bidirectional(
        service: "test.Echo", method: "Chat")
      for number in 0..<100 {
        try await chat.send(ProtoAny(typeURL: "\(number)"))
        #expect(try await chat.next()?.typeURL == "\(number)")
      }
      chat.endSending()
      #expect(try await chat.next() == nil)
    }
  }

  @Test func theServerLearnsWhoCalls() async throws {
    let server = try certificates.serverContext(requiresClientCertificate: false)
    try await run(server: server) { address, loop in
      for (isKnown, name) in [(true, "spiffe:spiffe://tests/client"), (false, "")] {
        let channel = try await ClientChannel.connect(
          to: address, tls: certificates.clientContext(withIdentity: isKnown),
          serverName: "localhost", on: loop)
        let answer: ProtoAny = try await channel.unary(
          service: "test.Who", method: "Who", ProtoAny())
        #expect(answer.typeURL == name)
        channel.close()
      }
    }
  }

  /// A server that isn't whom the client wanted is UNAVAILABLE, and so is a client that the server
  /// doesn't take.
  @Test func unwantedPeers() async throws {
    let others = try Certificates()
    let strict = try certificates.serverContext(requiresClientCertificate: true)
    let cases: [(name: String, server: TLSContext, client: TLSContext, host: String)] = [
      (
        "another name", try certificates.serverContext(), try certificates.clientContext(),
        "other.test"
      ),
      (
        "another authority", try certificates.serverContext(), try others.clientContext(),
        "localhost"
      ),
      ("no certificate", strict, try certificates.clientContext(), "localhost"),
    ]
    for row in cases {
      try await run(server: row.server) { address, loop in
        do throws(RPCError) {
          let channel = try await ClientChannel.connect(
            to: address, tls: row.client, serverName: row.host, on: loop)
          defer { channel.close() }
          let _: ProtoAny = try await channel.unary(
            service: "test.Echo", method: "Unary", ProtoAny())
          Issue.record("\(row.name): the call ended well")
        } catch {
          #expect(error.code == .unavailable, "\(row.name)")
        }
      }
    }
  }
}
