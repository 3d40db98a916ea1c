import Testing

@testable import RPC

@Suite struct CompressionTests {
  private func bytes<Value>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    Array(text.utf8).withUnsafeBytes(body)
  }

  @Test(
    arguments: [
      ("identity", .identity), ("gzip", .gzip), ("deflate", nil), ("snappy", nil), ("", nil),
      ("gzip ", nil), ("gzipp", nil), ("GZIP", nil),
    ] as [(String, Compression?)])
  func readsEncodings(name: String, compression: Compression?) {
    #expect(bytes(name) { Compression($0) } == compression)
  }

  @Test(arguments: [
    ("identity, deflate, gzip", true), ("identity,gzip", true), ("gzip", true),
    ("identity,deflate, gzip ", true), ("gzip,br", true), ("gzip ,br", true), ("identity", false),
    ("deflate", false), ("", false), (",", false), ("gzipped", false), ("x-gzip", false),
    ("identity;gzip", false), ("br gzip", false),
  ])
  func readsLists(value: String, hasGzip: Bool) {
    #expect(bytes(value) { Compression.listsGzip($0) } == hasGzip)
  }
}
