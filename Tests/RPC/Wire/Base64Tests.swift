import Testing

@testable import RPC

@Suite struct Base64Tests {
  @Test(
    arguments: [
      ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
      ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
  func encodesUnpaddedAndDecodesBoth(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == Array(encoded.utf8))
    #expect(Base64.decode(Array(encoded.utf8)) == Array(plain.utf8))
    let padding = String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
    #expect(Base64.decode(Array((encoded + padding).utf8)) == Array(plain.utf8))
  }

  @Test(arguments: [
    "A", "AAAAA", "=", "==", "A===", "AA=", "AAA==", "AA=A", "A A", "AA\n", "AÄ", "AAAA=",
  ])
  func refuses(text: String) {
    #expect(Base64.decode(Array(text.utf8)) == nil)
  }

  @Test func readsTheURLSafeAlphabet() {
    #expect(Base64.decode(Array("-_8".utf8)) == Base64.decode(Array("+/8".utf8)))
  }

  @Test func everyByteComesBack() {
    let bytes = (0...255).map { UInt8($0) }
    for length in 0...256 {
      #expect(Base64.decode(Base64.encode(bytes.prefix(length))) == Array(bytes.prefix(length)))
    }
  }
}
