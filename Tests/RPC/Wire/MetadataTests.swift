import Testing

@testable import RPC

@Suite struct MetadataTests {
  @Test func keepsOrderAndDuplicates() throws {
    var metadata = Metadata()
    try metadata.append("b", "1")
    try metadata.append("a", "")
    try metadata.append("b", "2, 3")
    #expect(metadata.keys == ["b", "a", "b"])
    #expect(metadata["b"] == "1")
    #expect(metadata.values("b") == ["1", "2, 3"])
    #expect(metadata["a"] == "")
    #expect(metadata["c"] == nil)
    #expect(metadata.wireBytes == 8)
  }

  @Test(
    arguments: [
      ("", "v", .key("")), ("Upper", "v", .key("Upper")), ("a b", "v", .key("a b")),
      ("ä", "v", .key("ä")), ("a:b", "v", .key("a:b")),
      ("grpc-status", "v", .reserved("grpc-status")),
      (":path", "v", .reserved(":path")), ("te", "v", .reserved("te")),
      ("content-type", "v", .reserved("content-type")), ("host", "v", .reserved("host")),
      ("connection", "v", .reserved("connection")), ("a", "ü", .value("a")),
      ("a", "x\ny", .value("a")), ("a", "\0", .value("a")), ("a", " x", .value("a")),
      ("a", "x ", .value("a")), ("a-bin", "x", .kind("a-bin")),
      ("grpc-trace", "v", .reserved("grpc-trace")),
      ("grpc-trace-bin", "v", .kind("grpc-trace-bin")),
      ("grpc-previous-rpc-attempts", "1", .reserved("grpc-previous-rpc-attempts")),
      ("a_0-z.9", "x y ~!", nil), ("grpc", "v", nil), ("tea", "v", nil), ("-bin", "v", nil),
    ] as [(String, String, Metadata.Invalid?)])
  func checksKeysAndValues(key: String, value: String, problem: Metadata.Invalid?) {
    var metadata = Metadata()
    do throws(Metadata.Invalid) {
      try metadata.append(key, value)
      #expect(problem == nil)
    } catch {
      #expect(error == problem)
      #expect(metadata.isEmpty)
    }
  }

  @Test func aKeyOfBytesMustSayIt() {
    var metadata = Metadata()
    #expect(throws: Metadata.Invalid.kind("a")) { try metadata.append("a", bytes: [1]) }
  }

  @Test(
    arguments: [
      ("AAE", [[0, 1]]), ("AAE=", [[0, 1]]), ("AAE,AAI", [[0, 1], [0, 2]]),
      ("AAE= , AAI=", [[0, 1], [0, 2]]), ("", [[]]), ("!,AAE", [[0, 1]]), ("A", []), ("AAE==", []),
      ("A=AE", []), ("AAE,", [[0, 1], []]), (" AAE ", [[0, 1]]), ("-_8", [[0xFB, 0xFF]]),
    ] as [(String, [[UInt8]])])
  func decodesReceivedBytes(value: String, expected: [[UInt8]]) {
    var metadata = Metadata()
    Array("k-bin".utf8).withUnsafeBytes { key in
      Array(value.utf8).withUnsafeBytes { metadata.appendReceived(key, $0) }
    }
    #expect(metadata.bytes("k-bin") == expected)
  }

  /// What is read doesn't depend on space at the ends, which HTTP doesn't count to a value.
  @Test(arguments: [
    ("a", "a"), (" a", "a"), ("a ", "a"), ("\t a b \t", "a b"), ("", ""), (" ", ""), ("\t", ""),
  ])
  func stripsReceivedText(value: String, expected: String) {
    var metadata = Metadata()
    Array("k".utf8).withUnsafeBytes { key in
      Array(value.utf8).withUnsafeBytes { metadata.appendReceived(key, $0) }
    }
    #expect(metadata["k"] == expected)
    #expect(metadata.wireBytes == 1 + expected.utf8.count)
  }

  @Test(arguments: [
    ("a", true), ("grpc-trace-bin", true), ("grpc-tags-bin", true),
    ("grpc-previous-rpc-attempts", true), ("grpc-retry-pushback-ms", true), ("grpc-status", false),
    ("grpc-future", false), ("grpc-trace", false), ("te", false), (":path", false),
    ("content-type", false), ("user-agent", true), ("authorization", true),
  ])
  func deliversWhatIsNotTheProtocols(key: String, isDelivered: Bool) {
    #expect(Array(key.utf8).withUnsafeBytes { Metadata.isDelivered($0) } == isDelivered)
  }

  @Test func bytesComeBack() throws {
    var metadata = Metadata()
    try metadata.append("k-bin", bytes: [0, 255])
    try metadata.append("k-bin", bytes: [])
    #expect(metadata.bytes("k-bin") == [[0, 255], []])
  }
}
