/// The value of `grpc-timeout`: at most eight digits and a unit.
enum Timeout {
  /// The duration written in `bytes`, nil when it isn't a timeout. Eight digits of hours fit into a
  /// `Duration`, so nothing overflows.
  static func parse(_ bytes: UnsafeRawBufferPointer) -> Duration? {
    guard (2...9).contains(bytes.count) else { return nil }
    var amount: Int64 = 0
    for byte in bytes.dropLast() {
      guard (0x30...0x39).contains(byte) else { return nil }
      amount = amount * 10 + Int64(byte - 0x30)
    }
    switch bytes[bytes.count - 1] {
    case UInt8(ascii: "H"): return .seconds(amount * 3600)
    case UInt8(ascii: "M"): return .seconds(amount * 60)
    case UInt8(ascii: "S"): return .seconds(amount)
    case UInt8(ascii: "m"): return .milliseconds(amount)
    case UInt8(ascii: "u"): return .microseconds(amount)
    case UInt8(ascii: "n"): return .nanoseconds(amount)
    default: return nil
    }
  }

  /// `duration` in the finest unit in which it has eight digits, rounded up: a server that gave up
  /// before the client does would answer for nothing. Negative durations are written as none left.
  static func format(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    if seconds < 0 || attoseconds < 0 { return "0n" }
    let units: [(String, perSecond: Int64)] = [("n", 1_000_000_000), ("u", 1_000_000), ("m", 1000)]
    for (name, perSecond) in units where seconds <= 100_000_000 / perSecond {
      let attosecondsPerUnit = 1_000_000_000_000_000_000 / perSecond
      let amount =
        seconds * perSecond + (attoseconds + attosecondsPerUnit - 1) / attosecondsPerUnit
      if amount <= 99_999_999 { return "\(amount)\(name)" }
    }
    let whole = attoseconds > 0 && seconds < .max ? seconds + 1 : seconds
    if whole <= 99_999_999 { return "\(whole)S" }
    let minutes = whole / 60 + (whole % 60 > 0 ? 1 : 0)
    if minutes <= 99_999_999 { return "\(minutes)M" }
    return "\(min(whole / 3600 + 1, 99_999_999))H"
  }
}
