@testable import RPC

/// A peer's side of a connection, made of short records that stand for whole frames: the fuzzer gets deep
/// into a call without finding lengths and header blocks by chance. Raw frames are among them.
struct Script {
  enum Step {
    case say([UInt8])
    /// The other side has its turn.
    case pause
  }

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  static let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]

  private static let paths = [
    "/test.Echo/Unary", "/test.Echo/Immediate", "/test.Echo/Expand", "/test.Echo/Collect",
    "/test.Echo/Chat", "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/no.Such/Method",
  ]
  private static let words = [
    "", "fail", "metadata", "deadline", "hang", "stubborn", "none", "fail midway", "flood", "3",
    "enough", "bye", "1000",
  ]
  private static let statuses = ["200", "100", "404", "503", "x"]
  private static let extras: [(String, String)] = [
    ("grpc-timeout", "1n"), ("grpc-timeout", "1S"), ("grpc-timeout", "x"),
    ("grpc-encoding", "gzip"), ("grpc-encoding", "identity"), ("x", "y"), ("b-bin", "AAE"),
    ("grpc-accept-encoding", "gzip"), ("grpc-status", "0"), ("grpc-status", "5"),
    ("grpc-message", "%41%zz"), ("te", "trailers"), ("content-type", "application/json"),
    ("grpc-status-details-bin", "CAU"),
  ]

  let isClient: Bool
  private var nextStream: UInt32 = 1

  init(isClient: Bool) { self.isClient = isClient }

  mutating func step(_ input: inout Input) -> Step {
    let kind = input.byte()
    switch kind % 16 {
    case 0, 1: return .say(open(&input))
    case 2, 3: return .say(message(&input))
    case 4: return frame(0, &input) { Array($0.piece()) }
    case 5: return frame(3, &input) { [0, 0, 0, $0.byte() % 16] }
    case 6: return frame(8, &input) { [$0.byte() & 0x7F, 0, $0.byte(), $0.byte()] }
    case 7: return frame(4, &input, stream: 0) { [0, $0.byte() % 8, 0, 0, $0.byte(), $0.byte()] }
    case 8: return frame(6, &input, stream: 0) { _ in [0, 0, 0, 0, 0, 0, 0, 0] }
    case 9: return frame(7, &input, stream: 0) { [0, 0, 0, $0.byte(), 0, 0, 0, $0.byte() % 16] }
    case 10: return .say(trailers(&input))
    case 11: return frame(input.byte(), &input) { Array($0.piece()) }
    case 12: return frame(1, &input) { Array($0.piece()) }
    case 13: return frame(9, &input) { Array($0.piece()) }
    case 14: return .say(Array(input.piece()))
    default: return .pause
    }
  }

  private func frame(
    _ type: UInt8, _ input: inout Input, stream: UInt32? = nil,
    _ payload: (inout Input) -> [UInt8]
  ) -> Step {
    let flags = input.byte()
    let stream = stream ?? pick(&input)
    return .say(Self.frame(type, flags, stream, payload(&input)))
  }

  /// One of the streams so far, or the connection.
  private func pick(_ input: inout Input) -> UInt32 {
    let choice = UInt32(input.byte())
    return choice == 255 ? 0 : choice % (nextStream / 2 + 2) * 2 + 1
  }

  static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8]
  {
    let length = [UInt8(payload.count >> 16 & 0xFF), UInt8(payload.count >> 8 & 0xFF)]
    return length + [UInt8(payload.count & 0xFF), type, flags]
      + withUnsafeBytes(of: stream.bigEndian, Array.init) + payload
  }

  /// A request's header block, or a response's.
  private mutating func open(_ input: inout Input) -> [UInt8] {
    let choice = input.byte()
    var block: [UInt8] = []
    let stream: UInt32
    if isClient {
      let path = Self.paths[Int(choice & 0x1F) % Self.paths.count]
      block += Self.field(":method", choice & 0x20 == 0 ? "POST" : "GET")
      block += Self.field(":scheme", "http") + Self.field(":authority", "a")
      block += Self.field(":path", path) + Self.field("te", "trailers")
      stream = nextStream
      nextStream &+= 2
    } else {
      block += Self.field(":status", Self.statuses[Int(choice & 0x1F) % Self.statuses.count])
      stream = pick(&input)
    }
    if choice & 0x40 == 0 { block += Self.field("content-type", "application/grpc") }
    block += extras(&input)
    return Self.frame(1, 4 | (choice >> 7), stream, block)
  }

  private func trailers(_ input: inout Input) -> [UInt8] {
    let stream = pick(&input)
    return Self.frame(1, 5, stream, extras(&input))
  }

  private func extras(_ input: inout Input) -> [UInt8] {
    var block: [UInt8] = []
    for _ in 0..<(input.byte() % 4) {
      let (name, value) = Self.extras[Int(input.byte()) % Self.extras.count]
      block += Self.field(name, value)
    }
    return block
  }

  /// A field as HPACK has it without its tables and without Huffman's code.
  private static func field(_ name: String, _ value: String) -> [UInt8] {
    [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
  }

  /// A `google.protobuf.Any` in gRPC's framing, in one DATA frame or two.
  private func message(_ input: inout Input) -> [UInt8] {
    let choice = input.byte()
    let stream = pick(&input)
    let word = Array(Self.words[Int(choice & 0x1F) % Self.words.count].utf8)
    let value = [UInt8](repeating: 7, count: Int(input.byte()) << Int(input.byte() % 6))
    var body = [0x0A, UInt8(word.count)] + word
    body += [0x12] + Self.varint(value.count) + value
    let compressed = choice & 0x20 == 0 ? nil : Self.gzip(body)
    let framed = Self.framed(compressed ?? body, flag: compressed == nil ? 0 : 1)
    let end: UInt8 = choice >> 7
    guard choice & 0x40 != 0 else { return Self.frame(0, end, stream, framed) }
    let cut = min(Int(input.byte()), framed.count)
    return Self.frame(0, 0, stream, Array(framed[..<cut]))
      + Self.frame(0, end, stream, Array(framed[cut...]))
  }

  private static func framed(_ body: [UInt8], flag: UInt8) -> [UInt8] {
    [flag] + withUnsafeBytes(of: UInt32(body.count).bigEndian, Array.init) + body
  }

  /// nil: it isn't smaller so.
  private static func gzip(_ body: [UInt8]) -> [UInt8]? {
    let deflater = GzipCoder.of(handTurned.loop).deflater
    deflater.room(for: body.count)?.copyMemory(from: body, byteCount: body.count)
    defer { deflater.forget() }
    return deflater.compress().map { Array($0) }
  }

  private static func varint(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }
}
