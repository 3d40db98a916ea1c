import EventLoop
import HTTP2
import Testing

@Suite(.timeLimit(.minutes(10))) struct RawPeerTests {
  @Test func http1GetsAShortAnswer() async throws {
    try await withServer { _, address in
      let peer = try RawPeer(address.port)
      peer.send(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
      let answer = String(decoding: peer.readToEnd(), as: UTF8.self)
      #expect(answer.contains("HTTP/1.1 505"))
      let body = answer.components(after: "\r\n\r\n")
      #expect(answer.contains("Content-Length: \(body.utf8.count)\r\n"))
    }
  }

  @Test(arguments: [
    ("a frame over the size limit", [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1] as [UInt8]),
    ("DATA on an idle stream", [0, 0, 1, 0, 0, 0, 0, 0, 1, 0]),
    ("a broken header block", [0, 0, 2, 1, 4, 0, 0, 0, 1, 0xFF, 0xFF]),
    ("a window update of nothing", [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("an even stream", [0, 0, 1, 1, 5, 0, 0, 0, 2, 0x82]),
  ])
  func brokenFramesEndTheConnection(_ name: String, _ frame: [UInt8]) async throws {
    try await withServer { _, address in
      let peer = try RawPeer(address.port)
      peer.send(RawPeer.preface + RawPeer.settings + frame)
      // GOAWAY is frame type 7.
      let answer = peer.readToEnd()
      #expect(frameTypes(answer).contains(7), "\(name)")
    }
  }

  @Test func aSilentPeerIsDropped() async throws {
    var limits = HTTP2Limits()
    limits.handshake = .milliseconds(20)
    try await withServer(limits) { _, address in
      let peer = try RawPeer(address.port)
      peer.send(Array(RawPeer.preface.prefix(5)))
      _ = peer.readToEnd()
    }
  }

  @Test func aPeerThatNoLongerReadsDoesNotHoldUpAStop() async throws {
    var limits = HTTP2Limits()
    limits.drainAnswer = .milliseconds(10)
    let loops = try LoopGroup(count: 1)
    try loops.start()
    let server = HTTP2Server(limits: limits, loops: loops) { EchoHandler($0) }
    let address = try server.listen(on: try SocketAddress(host: "127.0.0.1", port: 0))
    let peer = try RawPeer(address.port)
    peer.send(RawPeer.preface + RawPeer.settings)
    // The first frame of the server: the connection is open on its side.
    _ = peer.read()
    await server.shutdown(grace: .seconds(3600))
    #expect(server.connectionCount == 0)
    loops.stop()
  }

  @Test func aPeerThatAnswersPingsIsKeptAndOneThatStallsWithinAFrameIsDropped() async throws {
    var limits = HTTP2Limits()
    limits.keepAlive = .milliseconds(20)
    try await withServer(limits) { _, address in
      let peer = try RawPeer(address.port)
      peer.send(RawPeer.preface + RawPeer.settings)
      var input: [UInt8] = []
      // More than two rounds: whoever doesn't answer is dropped in the second.
      for _ in 0..<5 {
        let ping = peer.nextPing(&input)
        #expect(ping != nil, "dropped although it answers")
        peer.send([0, 0, 8, 6, 1, 0, 0, 0, 0] + (ping ?? []))
      }
      // The header of a DATA frame, and nothing of what it promises.
      peer.send([0, 0, 100, 0, 0, 0, 0, 0, 1])
      var isLast = false
      while !isLast { isLast = peer.nextPing(&input) == nil }
    }
  }

  @Test func connectionsOverTheLimitAreClosed() async throws {
    var limits = HTTP2Limits()
    limits.connections = 1
    try await withServer(limits) { _, address in
      let first = try RawPeer(address.port)
      first.send(RawPeer.preface + RawPeer.settings)
      let second = try RawPeer(address.port)
      second.send(RawPeer.preface + RawPeer.settings)
      #expect(second.readToEnd().isEmpty)
      // The first one still answers: its GOAWAY says so.
      first.send([0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      #expect(frameTypes(first.readToEnd()).contains(7))
    }
  }

  @Test func resetFloodsEndTheConnection() async throws {
    try await withServer { _, address in
      let peer = try RawPeer(address.port)
      var flood = RawPeer.preface + RawPeer.settings
      for index in 0..<60_000 {
        let id = UInt32(index * 2 + 1)
        let idBytes = withUnsafeBytes(of: id.bigEndian, Array.init)
        // HEADERS: POST http / and no authority, all from HPACK's static table; then RST_STREAM.
        flood += [0, 0, 3, 1, 4] + idBytes + [0x83, 0x86, 0x84]
        flood += [0, 0, 4, 3, 0] + idBytes + [0, 0, 0, 8]
      }
      peer.send(flood)
      _ = peer.readToEnd()
    }
  }

  @Test func aPeerThatDoesNotReadItsRefusalsIsDropped() async throws {
    var limits = HTTP2Limits()
    limits.concurrentStreams = 1
    try await withServer(limits) { _, address in
      let peer = try RawPeer(address.port)
      peer.send(RawPeer.preface + RawPeer.settings)
      // The SETTINGS that would forbid more than one stream are never acknowledged, so each more is
      // refused by itself. The kernel holds some hundred thousand of such answers.
      for start in 0..<100 {
        var flood: [UInt8] = []
        for index in 0..<10_000 {
          let id = UInt32((start * 10_000 + index) * 2 + 1)
          flood += [0, 0, 6, 1, 4] + withUnsafeBytes(of: id.bigEndian, Array.init)
          // POST http / localhost, that is `l`.
          flood += [0x83, 0x86, 0x84, 0x01, 1, UInt8(ascii: "l")]
        }
        peer.send(flood)
      }
      _ = peer.readToEnd()
    }
  }

  @Test func fieldsBeyondTheLimitAreNotLookedAt() async throws {
    var limits = HTTP2Limits()
    limits.headerListBytes = 300
    try await withServer(limits) { _, address in
      let peer = try RawPeer(address.port)
      var block: [UInt8] = [0x83, 0x86, 0x84, 0x01, 1, UInt8(ascii: "l")]
      block += [0, 1, UInt8(ascii: "a"), 120] + [UInt8](repeating: UInt8(ascii: "b"), count: 120)
      // Malformed, but the list is too large already.
      block += [0, 1, UInt8(ascii: "A"), 0]
      let header: [UInt8] = [0, 0, UInt8(block.count), 1, 5, 0, 0, 0, 1]
      peer.send(RawPeer.preface + RawPeer.settings + header + block)
      var answer: [UInt8] = []
      // HEADERS are frame type 1, RST_STREAM is 3.
      while Set(frameTypes(answer)).isDisjoint(with: [1, 3]) { answer += peer.read() }
      #expect(!frameTypes(answer).contains(3))
    }
  }
}

/// The types of the frames in `bytes`, the last of which may be cut.
private func frameTypes(_ bytes: [UInt8]) -> [UInt8] {
  var types: [UInt8] = []
  var rest = bytes[...]
  while rest.count >= 9 {
    let header = Array(rest.prefix(9))
    types.append(header[3])
    let length = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
    rest = rest.dropFirst(9 + length)
  }
  return types
}

extension String {
  fileprivate func components(after separator: String) -> Substring {
    guard let range = firstRange(of: separator) else { return self[...] }
    return self[range.upperBound...]
  }
}
