// What stands in single header fields: timeouts and percent-encoded texts.

@testable import RPC

/// A timeout that is read is one by the rule's words, and written again it is never shorter.
func fuzzTimeout(_ input: inout Input) {
  if input.byte() % 2 == 0 {
    let bytes = input.rest()
    let duration = Timeout.parse(bytes)
    precondition(duration == reference(Array(bytes)), "\(Array(bytes))")
    if let duration { checkWritten(duration) }
  } else {
    let seconds = Int64(bitPattern: input.long()) >> Int64(input.byte() % 64)
    let attoseconds = Int64(input.long() % 1_000_000_000_000_000_000)
    checkWritten(
      Duration(
        secondsComponent: seconds, attosecondsComponent: seconds < 0 ? -attoseconds : attoseconds))
  }
}

/// One to eight digits and a unit.
private func reference(_ bytes: [UInt8]) -> Duration? {
  let units: [Character: Int64] = [
    "H": 3_600_000_000_000, "M": 60_000_000_000, "S": 1_000_000_000, "m": 1_000_000, "u": 1000,
    "n": 1,
  ]
  let text = String(decoding: bytes, as: UTF8.self)
  guard (2...9).contains(bytes.count), let last = text.last, let unit = units[last],
    text.dropLast().utf8.allSatisfy({ ("0"..."9").contains(Character(UnicodeScalar($0))) }),
    let amount = Int64(text.dropLast())
  else { return nil }
  // In two steps: the largest has more nanoseconds than an Int64 holds.
  return .nanoseconds(unit) * Int(amount)
}

private func checkWritten(_ duration: Duration) {
  var text = Timeout.format(duration)
  let read = text.withUTF8 { Timeout.parse(UnsafeRawBufferPointer($0)) }
  guard let read else { preconditionFailure("\(duration) is written \(text)") }
  // Eight digits of hours are the most that there is.
  let most = Duration.seconds(99_999_999 * 3600 as Int64)
  precondition(read >= min(max(duration, .zero), most), "\(duration) is written \(text)")
  // Rounded up by no more than a unit of eight digits: a hundredth of a permille, or an hour's rest.
  if duration > .zero, duration < most {
    let excess = read - duration
    precondition(excess < .nanoseconds(1) || excess <= read / 10_000, "\(duration): \(text)")
  }
}

/// What is encoded is printable and decodes to the same; decoding takes whatever comes.
func fuzzPercent(_ input: inout Input) {
  let bytes = input.rest()
  let text = String(decoding: bytes, as: UTF8.self)
  let encoded = PercentEncoding.encode(text)
  precondition(encoded.allSatisfy { (0x20...0x7E).contains($0) })
  precondition(encoded.count <= 3 * text.utf8.count)
  precondition(Array(PercentEncoding.decode(encoded).utf8) == Array(text.utf8), "\(text)")

  let decoded = PercentEncoding.decode(Array(bytes))
  // Repairing broken UTF-8 replaces a byte by up to three.
  precondition(decoded.utf8.count <= 3 * bytes.count)
  let again = PercentEncoding.decode(PercentEncoding.encode(decoded))
  precondition(Array(again.utf8) == Array(decoded.utf8), "\(decoded)")
  if !bytes.contains(UInt8(ascii: "%")) { precondition(decoded == text) }
}
