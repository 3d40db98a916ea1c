import EventLoop
import Glibc
import HTTP2
import Synchronization
import TestCertificates
import Testing

/// A server on two loops and a client connection on a loop of its own.
private struct Fixture: Sendable {
  let loops: LoopGroup
  let clientLoops: LoopGroup
  let server: HTTP2Server
  let address: SocketAddress
  let clientTLS: TLSContext?

  init(limits: HTTP2Limits = HTTP2Limits(), certificates: Certificates? = nil) throws {
    loops = try LoopGroup(count: 2)
    clientLoops = try LoopGroup(count: 1)
    try loops.start()
    try clientLoops.start()
    server = HTTP2Server(limits: limits, loops: loops) { EchoHandler($0) }
    let loopback = try SocketAddress(host: "127.0.0.1", port: 0)
    address = try server.listen(on: loopback, tls: try certificates?.serverContext())
    clientTLS = try certificates?.clientContext()
  }

  func connect() async throws -> HTTP2Connection {
    try await HTTP2Client.connect(
      to: address, tls: clientTLS, serverName: "localhost", on: clientLoops.loops[0])
  }

  /// Sends `body` in pieces of `piece` bytes, respecting the high-water mark, and waits for the end.
  func post(
    _ connection: HTTP2Connection, _ path: String, _ body: [UInt8] = [], piece: Int = 16 * 1024
  ) async -> Collector.Response {
    await withCheckedContinuation { continuation in
      connection.loop.execute {
        let collector = Collector()
        collector.onClosed = { continuation.resume(returning: $0) }
        guard let stream = connection.openStream(handler: collector) else {
          return collector.closed(.connectionLost)
        }
        collector.stream = stream
        stream.sendHeaders(requestHeaders(path), endStream: body.isEmpty)
        var rest = body[...]
        func send() {
          while !rest.isEmpty, !stream.mustAwaitWritable() {
            let part = rest.prefix(piece)
            rest = rest.dropFirst(part.count)
            stream.sendData(count: part.count) { $0.copyBytes(from: part) }
            if rest.isEmpty { stream.endStream() }
          }
        }
        collector.onWritable = send
        send()
      }
    }
  }

  func stop() async {
    await server.shutdown(grace: .seconds(10))
    loops.stop()
    clientLoops.stop()
  }
}

@Suite(.timeLimit(.minutes(10))) struct ConnectionTests {
  @Test(arguments: [0, 1, 100, 16_384, 65_536, 3_000_000]) func echoesBodiesOfAnySize(_ count: Int)
    async throws
  {
    for certificates in [nil, try Certificates()] {
      let fixture = try Fixture(certificates: certificates)
      let connection = try await fixture.connect()
      let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let response = await fixture.post(connection, "/echo", body)
      #expect(response.headers[":status"] == "200")
      #expect(response.headers["x-path"] == "/echo")
      #expect(response.body == body)
      #expect(response.trailers == ["x-end": "done"])
      #expect(response.close == .complete)
      await fixture.stop()
    }
  }

  @Test func carriesManyStreamsAtOnce() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<500 {
        group.addTask {
          let body = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 1 + index * 7)
          let response = await fixture.post(connection, "/\(index)", body)
          #expect(response.headers["x-path"] == "/\(index)")
          #expect(response.body == body)
        }
      }
    }
    await fixture.stop()
  }

  /// Opens a stream whose answer ends it; returns what `keep` makes of it then.
  private func roundTrip<T: Sendable>(
    _ connection: HTTP2Connection, _ keep: @escaping @Sendable (HTTP2Stream) -> T
  ) async -> T {
    await withCheckedContinuation { continuation in
      connection.loop.execute {
        let collector = Collector()
        guard let stream = connection.openStream(handler: collector) else { return }
        collector.onClosed = { _ in continuation.resume(returning: keep(stream)) }
        stream.sendHeaders(requestHeaders("/"), endStream: true)
      }
    }
  }

  @Test func usesAStreamAgainOnlyWhenNobodyHoldsIt() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    let held = await roundTrip(connection) { $0 }
    let first = await roundTrip(connection) { ObjectIdentifier($0) }
    let second = await roundTrip(connection) { ObjectIdentifier($0) }
    #expect(first != ObjectIdentifier(held))
    #expect(first == second)
    await fixture.stop()
  }

  @Test func aClosedStreamThatIsHeldReachesNoOther() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    let held = await roundTrip(connection) { $0 }
    let response = await withCheckedContinuation { continuation in
      connection.loop.execute {
        let collector = Collector()
        guard let stream = connection.openStream(handler: collector) else { return }
        collector.stream = stream
        collector.onClosed = { continuation.resume(returning: $0) }
        stream.sendHeaders(requestHeaders("/open"), endStream: false)
        stream.sendData(count: 3) { $0.copyBytes(from: [1, 2, 3]) }
        collector.onData = {
          collector.onData = nil
          held.sendData(count: 1) { $0.copyBytes(from: [9]) }
          held.consumed(3)
          held.endStream()
          held.reset(.cancel)
          stream.sendData(count: 1) { $0.copyBytes(from: [4]) }
          stream.endStream()
        }
      }
    }
    #expect(response.body == [1, 2, 3, 4])
    #expect(response.close == .complete)
    await fixture.stop()
  }

  @Test func reportsAReset() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    let response = await fixture.post(connection, "/reset")
    #expect(response.close == .reset(.enhanceYourCalm))
    await fixture.stop()
  }

  @Test func endsTheStreamsOfALoopThatEnds() async throws {
    let fixture = try Fixture()
    weak var kept: HTTP2Connection?
    let close = Mutex<StreamClose?>(nil)
    do {
      let connection = try await fixture.connect()
      kept = connection
      await withCheckedContinuation { answered in
        connection.loop.execute {
          let collector = Collector()
          collector.onClosed = { response in close.withLock { $0 = response.close } }
          collector.onHeaders = { answered.resume() }
          let stream = connection.openStream(handler: collector)
          stream?.sendHeaders(requestHeaders("/echo"), endStream: false)
        }
      }
    }
    fixture.clientLoops.stop()
    #expect(close.withLock { $0 } == .connectionLost)
    #expect(kept == nil)
    await fixture.server.shutdown(grace: .seconds(10))
    fixture.loops.stop()
  }

  @Test func endsAStreamWhoseAnswerIsCompleteBeforeItsRequest() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    let response = await fixture.post(
      connection, "/headers-only", [UInt8](repeating: 0, count: 1_000_000))
    #expect(response.headers[":status"] == "200")
    #expect(response.close == .complete)
    await fixture.stop()
  }

  @Test func marksHeaderListsOverTheLimit() async throws {
    var limits = HTTP2Limits()
    limits.headerListBytes = 300
    let fixture = try Fixture(limits: limits)
    let connection = try await fixture.connect()
    let small = await fixture.post(connection, "/small")
    #expect(small.headers["x-too-large"] == "no")
    let large = await fixture.post(connection, "/" + String(repeating: "x", count: 300))
    #expect(large.headers["x-too-large"] == "yes")
    await fixture.stop()
  }

  @Test func keepsHeaderListsUpToTheLimitWhole() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    for count in [1, 900, 1100, 4000, 15_000, 10] {
      let path = "/" + String(repeating: "\(count % 10)", count: count)
      let response = await fixture.post(connection, path)
      #expect(response.headers["x-path"] == path)
      #expect(response.headers["x-too-large"] == "no")
    }
    await fixture.stop()
  }

  @Test func aReaderThatDoesNotReadStopsTheSender() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    // The client gives no credit back: the server may send one stream window, then its queue fills
    // to the high-water mark, then it gives no credit back either, and the client's queue fills.
    let queued = await withCheckedContinuation { continuation in
      connection.loop.execute {
        let collector = Collector()
        collector.isReading = false
        let window = Int(HTTP2Limits().streamWindowBytes)
        guard let stream = connection.openStream(handler: collector) else { return }
        collector.stream = stream
        stream.sendHeaders(requestHeaders("/"), endStream: false)
        let piece = [UInt8](repeating: 1, count: 16 * 1024)
        func send() {
          while !stream.mustAwaitWritable() {
            stream.sendData(count: piece.count) { $0.copyBytes(from: piece) }
          }
        }
        collector.onWritable = send
        collector.onData = {
          guard collector.response.body.count == window else { return }
          collector.onData = nil
          // All that the client may receive is here; now it reads again and all must flow again.
          continuation.resume(returning: stream.queuedBytes)
          collector.isReading = true
          stream.consumed(window)
          collector.onData = {
            if collector.response.body.count > 10 * window { stream.reset(.cancel) }
          }
        }
        send()
      }
    }
    #expect(queued < 200_000)
    await fixture.stop()
  }

  @Test func aReaderThatDoesNotReadLeavesTheOthersTheirCredit() async throws {
    let fixture = try Fixture()
    var limits = HTTP2Limits()
    limits.connectionWindowBytes = 100_000
    let connection = try await HTTP2Client.connect(
      to: fixture.address, limits: limits, on: fixture.clientLoops.loops[0])
    // More than the connection's window.
    let unread = 255_000
    await withCheckedContinuation { continuation in
      connection.loop.execute {
        let collector = Collector()
        collector.isReading = false
        guard let stream = connection.openStream(handler: collector) else { return }
        collector.stream = stream
        collector.onData = {
          if collector.response.body.count == unread { continuation.resume() }
        }
        stream.sendHeaders(requestHeaders("/"), endStream: false)
        stream.sendData(count: unread) { _ = $0.initializeMemory(as: UInt8.self, repeating: 1) }
      }
    }
    // Several times the connection's window.
    let body = [UInt8](repeating: 2, count: 3_000_000)
    let response = await fixture.post(connection, "/", body)
    #expect(response.body == body)
    connection.loop.execute { connection.close() }
    await fixture.stop()
  }

  @Test func aSenderThatFindsTheQueueFullAgainIsToldAgain() async throws {
    var limits = HTTP2Limits()
    limits.streamWindowBytes = 50_000
    let fixture = try Fixture(limits: limits)
    let connection = try await fixture.connect()
    await withCheckedContinuation { continuation in
      connection.loop.execute {
        let (collector, others) = (Collector(), Collector())
        guard let stream = connection.openStream(handler: collector),
          let other = connection.openStream(handler: others)
        else { return }
        (collector.stream, others.stream) = (stream, other)
        for stream in [stream, other] { stream.sendHeaders(requestHeaders("/"), endStream: false) }
        func send(_ count: Int, on stream: HTTP2Stream) {
          stream.sendData(count: count) { _ = $0.initializeMemory(as: UInt8.self, repeating: 1) }
        }
        collector.onWritable = {
          // A window's bytes are gone, the rest is still queued, and another sender was faster.
          #expect(stream.queuedBytes > 0)
          send(5 << 20, on: other)
          #expect(stream.mustAwaitWritable())
          collector.onWritable = { continuation.resume() }
        }
        send(70_000, on: stream)
        #expect(stream.mustAwaitWritable())
      }
    }
    connection.loop.execute { connection.close() }
    await fixture.stop()
  }

  @Test func shutdownLetsOpenStreamsEndAndRefusesNewOnes() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    _ = await fixture.post(connection, "/first")
    let (collector, stream) = await withCheckedContinuation { continuation in
      connection.loop.execute {
        let collector = Collector()
        guard let stream = connection.openStream(handler: collector) else { return }
        collector.stream = stream
        collector.onData = { continuation.resume(returning: (collector, stream)) }
        stream.sendHeaders(requestHeaders("/open"), endStream: false)
        stream.sendData(count: 3) { $0.copyBytes(from: [1, 2, 3]) }
      }
    }
    async let stopped: Void = fixture.server.shutdown(grace: .seconds(30))
    let response = await withCheckedContinuation { continuation in
      connection.loop.execute {
        connection.onGoAway = {
          #expect(connection.openStream(handler: Collector()) == nil)
          collector.onData = nil
          collector.onClosed = { continuation.resume(returning: $0) }
          stream.endStream()
        }
      }
    }
    #expect(response.body == [1, 2, 3])
    #expect(response.close == .complete)
    await stopped
    #expect(fixture.server.connectionCount == 0)
    await #expect(throws: ConnectError.self) { try await fixture.connect() }
    fixture.loops.stop()
    fixture.clientLoops.stop()
  }

  @Test func shutdownEndsWhatOutlivesTheGrace() async throws {
    let fixture = try Fixture()
    let connection = try await fixture.connect()
    let response = await withCheckedContinuation { continuation in
      connection.loop.execute {
        let collector = Collector()
        collector.onClosed = { continuation.resume(returning: $0) }
        collector.stream = connection.openStream(handler: collector)
        collector.onData = { Task { await fixture.server.shutdown(grace: .zero) } }
        collector.stream?.sendHeaders(requestHeaders("/open"), endStream: false)
        collector.stream?.sendData(count: 1) { $0.copyBytes(from: [1]) }
      }
    }
    #expect(response.close == .connectionLost)
    await fixture.stop()
  }
}
