import EventLoop
import Testing

@testable import HTTP2

/// A request as a peer may write it, which a server must take or call malformed.
private struct Request: Sendable, CustomTestStringConvertible {
  var what: String
  var fields: [(name: [UInt8], value: [UInt8])]
  var body: [UInt8]?
  var trailers: [(name: [UInt8], value: [UInt8])]?
  var trailersEnd = true
  var testDescription: String { what }

  static let base = [
    ":method": "POST", ":scheme": "http", ":path": "/x", ":authority": "localhost",
  ]

  /// The usual pseudo-header fields, changed by `pseudo` (nil leaves one out), then `fields`.
  init(
    _ what: String, _ pseudo: [String: String?] = [:], _ fields: [(String, String)] = [],
    body: Int? = nil, trailers: [(String, String)]? = nil
  ) {
    self.what = what
    let merged = Self.base.mapValues { Optional($0) }.merging(pseudo) { $1 }
    self.fields = [":method", ":scheme", ":path", ":authority"].compactMap { name in
      merged[name].flatMap { $0 }.map { (Array(name.utf8), Array($0.utf8)) }
    }
    self.fields += Self.bytes(fields)
    self.body = body.map { [UInt8](repeating: 7, count: $0) }
    self.trailers = trailers.map(Self.bytes)
  }

  static func bytes(_ fields: [(String, String)]) -> [(name: [UInt8], value: [UInt8])] {
    fields.map { (Array($0.0.utf8), Array($0.1.utf8)) }
  }

  /// The request's frames on stream `id`: literal fields, never indexed.
  func frames(_ id: UInt32) -> [UInt8] {
    let isLast = body == nil && trailers == nil
    var all = Self.frame(1, flags: isLast ? 5 : 4, id, Self.block(fields))
    if let body { all += Self.frame(0, flags: trailers == nil ? 1 : 0, id, body) }
    if let trailers { all += Self.frame(1, flags: trailersEnd ? 5 : 4, id, Self.block(trailers)) }
    return all
  }

  private static func frame(
    _ type: UInt8, flags: UInt8, _ id: UInt32, _ payload: [UInt8]
  ) -> [UInt8] {
    let length = withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0.dropFirst()) }
    return length + [type, flags] + withUnsafeBytes(of: id.bigEndian, Array.init) + payload
  }

  private static func block(_ fields: [(name: [UInt8], value: [UInt8])]) -> [UInt8] {
    fields.flatMap { name, value in
      [0, UInt8(name.count)] + name + [UInt8(value.count)] + value
    }
  }
}

@Suite struct MessageRulesTests {
  private static let sound = [
    Request("the least"), Request("a body", body: 3),
    Request("te: trailers", [:], [("te", "trailers")]),
    Request("te in capitals", [:], [("te", "Trailers")]),
    Request("host, no authority", [":authority": nil], [("host", "localhost:1")]),
    Request("a tab in a value", [:], [("a", "b\tc")]),
    Request("a value beyond ASCII", [:], [("a", "größer als alles")]),
    Request("an empty value", [:], [("a", "")]),
    // Not what RFC 9113 says, but what gRPC does.
    Request("space at a value's ends", [:], [("a", " b\t"), ("c", " ")]),
    Request("every character of names", [:], [("!#$%&'*+-.^_`|~09az", "x")]),
    Request("IPv6 with a port", [":authority": "[::1]:50051"]),
    Request("OPTIONS *", [":method": "OPTIONS", ":path": "*"]),
    Request("CONNECT", [":method": "CONNECT", ":scheme": nil, ":path": nil]),
    Request("a length that is right", [:], [("content-length", "3")], body: 3),
    Request("no length and no body", [:], [("content-length", "0")]),
    Request("trailers", [:], body: 3, trailers: [("a", "b")]),
    Request(
      "trailers after the right length", [:], [("content-length", "3")], body: 3, trailers: []),
  ]

  private static let pseudoFields = [
    // RFC 9113 section 8.3
    Request("an unknown one", [:], [(":foo", "x")]),
    Request("one of responses", [:], [(":status", "200")]),
    Request("extended CONNECT, which wasn't offered", [:], [(":protocol", "websocket")]),
    Request(
      "after a field", [":authority": nil], [("a", "b"), (":authority", "localhost")]),
    Request("in trailers", [:], body: 3, trailers: [(":path", "/x")]),
    // Section 8.3.1
    Request("two methods", [:], [(":method", "POST")]),
    Request("two schemes", [:], [(":scheme", "http")]),
    Request("two paths", [:], [(":path", "/x")]),
    Request("two authorities", [:], [(":authority", "localhost")]),
    Request("no method", [":method": nil]), Request("no scheme", [":scheme": nil]),
    Request("no path", [":path": nil]), Request("no authority", [":authority": nil]),
    Request("an empty method", [":method": ""]), Request("no token", [":method": "PO ST"]),
    Request("an empty scheme", [":scheme": ""]), Request("no letter first", [":scheme": "1http"]),
    Request("no scheme's character", [":scheme": "ht/tp"]),
    Request("an empty path", [":path": ""]), Request("a relative path", [":path": "x"]),
    Request("a space in a path", [":path": "/a b"]),
    Request("a space far in a path", [":path": "/abcdefghijklmnop q"]),
    Request("DEL in a path", [":path": "/abcdefghijk\u{7F}"]),
    Request("* with POST", [":path": "*"]), Request("* and more", [":path": "*x"]),
    Request("an empty authority", [":authority": ""]),
    Request("a space in an authority", [":authority": "a b"]),
    Request("a user in an authority", [":authority": "user@localhost"]),
    Request("two hosts", [:], [("host", "a"), ("host", "a")]),
    Request("an empty host", [:], [("host", "")]), Request("a bad host", [:], [("host", "a/b")]),
    // Section 8.5
    Request("CONNECT with a path", [":method": "CONNECT", ":scheme": nil]),
    Request("CONNECT with a scheme", [":method": "CONNECT", ":path": nil]),
    Request(
      "CONNECT to nowhere",
      [":method": "CONNECT", ":scheme": nil, ":path": nil, ":authority": nil]),
  ]

  private static let fields = [
    // Section 8.2.1, RFC 9110 section 5.1
    Request("an empty name", [:], [("", "x")]), Request("a capital", [:], [("xYz", "x")]),
    Request("a space in a name", [:], [("a b", "x")]),
    Request("NUL in a name", [:], [("a\0", "x")]),
    Request("a colon in a name", [:], [("a:b", "x")]), Request("DEL", [:], [("a\u{7F}", "x")]),
    Request("a name beyond ASCII", [:], [("ä", "x")]), Request("a quote", [:], [("\"", "x")]),
    // Section 8.2.1, RFC 9110 section 5.5
    Request("NUL in a value", [:], [("a", "b\0c")]), Request("CR", [:], [("a", "b\rc")]),
    Request("LF", [:], [("a", "b\nc")]), Request("a control", [:], [("a", "b\u{1}c")]),
    Request("DEL in a value", [:], [("a", "b\u{7F}c")]),
    Request("LF far in a value", [:], [("a", "abcdefghijklmnop\nq")]),
    // Section 8.2.2
    Request("connection", [:], [("connection", "close")]),
    Request("keep-alive", [:], [("keep-alive", "1")]),
    Request("proxy-connection", [:], [("proxy-connection", "x")]),
    Request("transfer-encoding", [:], [("transfer-encoding", "chunked")]),
    Request("upgrade", [:], [("upgrade", "h2c")]), Request("te: gzip", [:], [("te", "gzip")]),
    Request("te: trailers and more", [:], [("te", "trailers, gzip")]),
    Request("an empty te", [:], [("te", "")]),
    // Section 8.1
    Request("a capital in trailers", [:], body: 3, trailers: [("A", "b")]),
    Request("connection in trailers", [:], body: 3, trailers: [("connection", "close")]),
  ]

  private static let lengths = [
    // Section 8.1.1, RFC 9110 section 8.6
    Request("letters", [:], [("content-length", "x")], body: 1),
    Request("a sign", [:], [("content-length", "+1")], body: 1),
    Request("nothing", [:], [("content-length", "")], body: 1),
    Request("two numbers", [:], [("content-length", "1, 1")], body: 1),
    Request("more than fits", [:], [("content-length", "18446744073709551617")], body: 1),
    Request("twice", [:], [("content-length", "1"), ("content-length", "1")], body: 1),
    Request("too long a body", [:], [("content-length", "3")], body: 4),
    Request("too short a body", [:], [("content-length", "3")], body: 2),
    Request("no body", [:], [("content-length", "3")]),
    Request("too short before trailers", [:], [("content-length", "3")], body: 2, trailers: []),
  ]

  private static var unended: Request {
    var request = Request("trailers that don't end", [:], body: 3, trailers: [("a", "b")])
    request.trailersEnd = false
    return request
  }

  @Test func takesSoundRequests() async throws {
    try await expect(malformed: false, Self.sound)
  }

  @Test func resetsStreamsOfMalformedRequests() async throws {
    try await expect(
      malformed: true, Self.pseudoFields + Self.fields + Self.lengths + [Self.unended])
  }

  /// Sends all over one connection, which a malformed request must leave as it is.
  private func expect(malformed: Bool, _ requests: [Request]) async throws {
    try await withServer { _, address in
      let peer = try RawPeer(address.port)
      var input = FrameReader()
      peer.send(RawPeer.preface + RawPeer.settings)
      for (index, request) in requests.enumerated() {
        let id = UInt32(index * 2 + 1)
        peer.send(request.frames(id))
        let end = try input.end(of: id, peer)
        #expect(end == (malformed ? .reset(code: 1) : .ended), "\(request.what)")
      }
    }
  }

  /// Against the definition, byte by byte, because the check looks at eight at a time.
  @Test func looksAtEveryByteOfValues() {
    for byte in UInt8.min...UInt8.max {
      let isAllowed = byte == 9 || (byte >= 32 && byte != 127)
      for place in 1..<20 {
        var value = [UInt8](repeating: 0x61, count: 21)
        value[place] = byte
        #expect(value.withUnsafeBytes(FieldSyntax.isValue) == isAllowed, "\(byte) at \(place)")
        value[0] = UInt8(ascii: "/")
        let isInPath = byte > 32 && byte != 127
        #expect(value.withUnsafeBytes(FieldSyntax.isPath) == isInPath, "\(byte) at \(place)")
      }
    }
  }
}

/// The frames that a peer gets.
private struct FrameReader {
  enum End: Equatable { case ended, reset(code: UInt8), connectionClosed }

  private var buffer: [UInt8] = []

  /// Reads until stream `id` has ended.
  mutating func end(of id: UInt32, _ peer: borrowing RawPeer) throws -> End {
    while true {
      while buffer.count >= 9 {
        let length = Int(buffer[0]) << 16 | Int(buffer[1]) << 8 | Int(buffer[2])
        guard buffer.count >= 9 + length else { break }
        let frame = Array(buffer.prefix(9 + length))
        buffer.removeFirst(9 + length)
        guard frame[5..<9].reduce(0, { $0 << 8 | UInt32($1) }) == id else { continue }
        if frame[3] == 3 { return .reset(code: frame[12]) }
        if frame[3] <= 1, frame[4] & 1 != 0 { return .ended }
      }
      let more = peer.read()
      if more.isEmpty { return .connectionClosed }
      buffer += more
    }
  }
}
