import EventLoop
import HTTP2
import Synchronization
import TestCertificates
import Testing

/// Answers with what it knows of the peer.
private final class PeerHandler: StreamHandler {
  private let stream: HTTP2Stream
  init(_ stream: HTTP2Stream) { self.stream = stream }

  func headersReceived(_ headers: borrowing HeaderList, endStream: Bool) {
    let certificate = stream.connection.peer.tls?.certificate
    let names = (certificate?.dnsNames ?? []) + (certificate?.uris ?? [])
    stream.sendHeaders(
      [
        HeaderField(":status", "200"),
        HeaderField("version", .string(stream.connection.peer.tls?.version ?? "none")),
        HeaderField("subject", .string(certificate?.subject ?? "none")),
        HeaderField("names", .string(names.joined(separator: " "))),
      ], endStream: true)
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {}
  func trailersReceived(_ headers: borrowing HeaderList) {}
  func endReceived() {}
  func writable() {}
  func closed(_ reason: StreamClose) {}
}

/// What a client with `client` learns of itself from a server with `server`; throws what the
/// connection fails with.
private func introduce(
  server: TLSContext?, client: TLSContext?, name: String = "localhost"
) async throws -> [String: String] {
  let loops = try LoopGroup(count: 1)
  try loops.start()
  defer { loops.stop() }
  let http = HTTP2Server(loops: loops) { PeerHandler($0) }
  let address = try http.listen(on: try SocketAddress(host: "127.0.0.1", port: 0), tls: server)
  let result: Result<[String: String], ConnectError>
  do throws(ConnectError) {
    let connection = try await HTTP2Client.connect(
      to: address, tls: client, serverName: name, on: loops.loops[0])
    let response = await withCheckedContinuation { continuation in
      connection.loop.execute {
        let collector = Collector()
        collector.onClosed = { continuation.resume(returning: $0) }
        guard let stream = connection.openStream(handler: collector) else {
          return collector.closed(.connectionLost)
        }
        stream.sendHeaders(requestHeaders("/"), endStream: true)
      }
    }
    // In TLS 1.3 a server refuses a client's certificate only after the client's handshake is done.
    result = response.close == .complete ? .success(response.headers) : .success([:])
  } catch {
    result = .failure(error)
  }
  await http.shutdown(grace: .zero)
  return try result.get()
}

@Suite struct TLSTests {
  let certificates: Certificates
  init() throws { certificates = try Certificates() }

  @Test func clientsWithoutCertificatesAreAnonymous() async throws {
    let seen = try await introduce(
      server: certificates.serverContext(), client: certificates.clientContext(withIdentity: true))
    #expect(seen["version"] == "TLSv1.3")
    #expect(seen["subject"] == "none")
  }

  @Test func verifiedClientsAreKnownByTheirNames() async throws {
    for must in [true, false] {
      let seen = try await introduce(
        server: certificates.serverContext(requiresClientCertificate: must),
        client: certificates.clientContext(withIdentity: true))
      #expect(seen["subject"] == "CN=client,O=tests")
      #expect(seen["names"] == "localhost spiffe://tests/client")
    }
  }

  @Test func clientCertificatesAreAskedForAsConfigured() async throws {
    let optional = try await introduce(
      server: certificates.serverContext(requiresClientCertificate: false),
      client: certificates.clientContext())
    #expect(optional["subject"] == "none")
    let required = try await introduce(
      server: certificates.serverContext(requiresClientCertificate: true),
      client: certificates.clientContext())
    #expect(required.isEmpty)
  }

  @Test func clientsRefuseServersTheyDoNotTrust() async throws {
    let strangers = try Certificates()
    await #expect(throws: ConnectError.self) {
      try await introduce(server: certificates.serverContext(), client: strangers.clientContext())
    }
    await #expect(throws: ConnectError.self) {
      try await introduce(
        server: certificates.serverContext(), client: certificates.clientContext(),
        name: "example.org")
    }
    let byAddress = try await introduce(
      server: certificates.serverContext(), client: certificates.clientContext(), name: "127.0.0.1")
    #expect(byAddress["version"] == "TLSv1.3")
  }

  @Test func mixedUpTransportsFailInsteadOfHanging() async throws {
    await #expect(throws: ConnectError.self) {
      try await introduce(server: nil, client: certificates.clientContext())
    }
    let seen = try await introduce(server: certificates.serverContext(), client: nil)
    #expect(seen.isEmpty)
  }

  @Test func missingOrMismatchedFilesAreNamed() throws {
    let folder = certificates.folder
    let cases: [(certificate: String, key: String, authorities: String?, named: String)] = [
      ("missing.pem", "server.key", nil, "missing.pem"),
      ("server.pem", "missing.key", nil, "missing.key"),
      ("server.pem", "client.key", nil, "client.key"),
      ("server.key", "server.key", nil, "server.key"),
      ("server.pem", "server.key", "missing-ca.pem", "missing-ca.pem"),
    ]
    for test in cases {
      let identity = TLSIdentity(
        certificateChainFile: "\(folder)/\(test.certificate)",
        privateKeyFile: "\(folder)/\(test.key)")
      let error = #expect(throws: TLSConfigurationError.self) {
        try TLSContext.server(
          identity: identity, clientAuthorities: test.authorities.map { "\(folder)/\($0)" })
      }
      #expect(error?.message.contains(test.named) == true)
    }
  }
}
