import Testing

@testable import Stock

@Suite struct StockTextTests {
  @Test(arguments: [
    ([], "\r\n"), (["a"], "a\r\n"), (["a", "", "b"], "a,,b\r\n"), (["a,b", "c"], "\"a,b\",c\r\n"),
    (["say \"so\""], "\"say \"\"so\"\"\"\r\n"), (["two\nlines"], "\"two\nlines\"\r\n"),
    (["two\rlines"], "\"two\rlines\"\r\n"), (["茶", "-5"], "茶,-5\r\n"),
  ])
  func linesOfCSV(fields: [String], line: String) {
    #expect(String(decoding: CSVLine.bytes(fields), as: UTF8.self) == line)
  }

  @Test(arguments: [
    ("a", true), ("", false), ("two words, \"so\"", true), ("茶", true), ("a\nb", false),
    ("a\u{7f}", false), ("a\u{85}", false), (String(repeating: "a", count: 64), true),
    (String(repeating: "a", count: 65), false), (String(repeating: "茶", count: 22), false),
  ])
  func names(name: String, isGood: Bool) {
    #expect(StockNames.isGood(name) == isGood)
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "a.2.3.4", "01.2.3.4", "1.2.3.+4", "1.2.3.99999999999999999999",
  ])
  func tokensOfNobody(text: String) {
    #expect(throws: StockRefusal.pageTokenInvalid) { try ExplanationToken(text) }
  }

  @Test func tokensOfOurs() throws {
    let token = ExplanationToken(
      newest: .init(time: -5, sequence: 9), last: .init(time: -7, sequence: 1))
    #expect(try ExplanationToken(token.text) == token)
  }
}
