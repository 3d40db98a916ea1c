import Testing

@testable import RPC

@Suite struct PercentEncodingTests {
  @Test(
    arguments: [
      ("", ""), ("plain text", "plain text"), ("100%", "100%25"), ("a\nb", "a%0Ab"),
      ("\u{7F}", "%7F"), ("~", "~"), ("größe", "gr%C3%B6%C3%9Fe"), ("😀", "%F0%9F%98%80"),
      ("\0", "%00"),
    ])
  func encodesAndDecodes(text: String, encoded: String) {
    #expect(PercentEncoding.encode(text) == Array(encoded.utf8))
    #expect(PercentEncoding.decode(Array(encoded.utf8)) == text)
  }

  @Test(
    arguments: [
      ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%%41", "%A"), ("%c3%b6", "ö"),
      ("100% sure", "100% sure"), ("%C3", "\u{FFFD}"), ("ö", "ö"),
    ])
  func decodesWhatIsDamaged(encoded: String, text: String) {
    #expect(PercentEncoding.decode(Array(encoded.utf8)) == text)
  }
}
