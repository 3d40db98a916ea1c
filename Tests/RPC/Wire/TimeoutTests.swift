import Testing

@testable import RPC

@Suite struct TimeoutTests {
  @Test(
    arguments: [
      ("1H", Duration.seconds(3600)), ("1M", .seconds(60)), ("1S", .seconds(1)),
      ("1m", .milliseconds(1)), ("1u", .microseconds(1)), ("1n", .nanoseconds(1)),
      ("0n", .zero), ("007S", .seconds(7)),
      ("99999999H", .seconds(99_999_999 * 3600)), ("99999999n", .nanoseconds(99_999_999)),
      ("", nil), ("S", nil), ("1", nil), ("1s", nil), ("1h", nil), ("-1S", nil), ("+1S", nil),
      ("1.5S", nil), (" 1S", nil), ("1S ", nil), ("123456789S", nil), ("1x", nil), ("H1", nil),
    ] as [(String, Duration?)])
  func parses(text: String, expected: Duration?) {
    #expect(Array(text.utf8).withUnsafeBytes(Timeout.parse) == expected)
  }

  @Test(
    arguments: [
      (Duration.zero, "0n"), (.seconds(-1), "0n"), (.nanoseconds(1), "1n"),
      (.nanoseconds(99_999_999), "99999999n"), (.nanoseconds(100_000_000), "100000u"),
      (.nanoseconds(100_000_001), "100001u"), (.milliseconds(1), "1000000n"),
      (.seconds(1), "1000000u"), (.seconds(99), "99000000u"), (.seconds(100), "100000m"),
      (.seconds(99_999), "99999000m"), (.seconds(100_000), "100000S"),
      (.seconds(100_000) + .nanoseconds(1), "100001S"), (.seconds(99_999_999), "99999999S"),
      (.seconds(100_000_000), "1666667M"), (.seconds(Int64.max), "99999999H"),
    ] as [(Duration, String)])
  func formats(duration: Duration, expected: String) {
    #expect(Timeout.format(duration) == expected)
  }

  @Test func neverFormatsLessThanThereIs() {
    for exponent in 0..<62 {
      let duration = Duration.nanoseconds(Int64(1) << exponent | 1)
      let text = Timeout.format(duration)
      #expect(text.utf8.count <= 9)
      let parsed = Array(text.utf8).withUnsafeBytes(Timeout.parse)
      #expect(parsed.map { $0 >= duration && $0 <= duration * 1.01 } == true, "\(duration) \(text)")
    }
  }
}
