import Glibc
import Logging
import Testing

@testable import orderwire

@Suite struct LineLogHandlerTests {
  @Test(arguments: [
    ("plain", "plain"), ("", "\"\""), ("two words", "\"two words\""), ("a=b", "\"a=b\""),
    ("say \"x\"", "\"say \\\"x\\\"\""), ("back\\slash", "\"back\\\\slash\""),
    ("line\nlevel=critical", "\"line\\nlevel=critical\""), ("\u{1b}[31m", "\"\\u{1b}[31m\""),
    ("\u{2028}", "\"\\u{2028}\""), ("größe", "größe"),
  ])
  func quotes(text: String, expected: String) {
    #expect(LineLogHandler.quoted(text) == expected)
  }

  @Test func writesOneLineWithItsTimeAndSortedPairs() {
    let line = LineLogHandler.line(
      time: timespec(tv_sec: 951_782_400, tv_nsec: 1_234_999), level: .notice, label: "store",
      message: "opened it", metadata: ["path": "/a b", "loops": "2"])
    #expect(
      line == "time=2000-02-29T00:00:00.001234Z level=notice logger=store msg=\"opened it\""
        + " loops=2 path=\"/a b\"")
  }
}
