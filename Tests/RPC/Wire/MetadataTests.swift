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
      ("AAE= , AAI=", [[0, 1], [0, 2]]), ("", [[]]), ("!,AAE", [[0, 1]]),
    ] as [(String, [[UInt8]])])
  func decodesReceivedBytes(value: String, expected: [[UInt8]]) {
    var metadata = Metadata()
    Array("k-bin".utf8).withUnsafeBytes { key in
      Array(value.utf8).withUnsafeBytes { metadata.appendReceived(key, $0) }
    }
    #expect(metadata.bytes("k-bin") == expected)
  }

  @Test func bytesComeBack() throws {
    var metadata = Metadata()
    try metadata.append("k-bin", bytes: [0, 255])
    try metadata.append("k-bin", bytes: [])
    #expect(metadata.bytes("k-bin") == [[0, 255], []])
  }
}
