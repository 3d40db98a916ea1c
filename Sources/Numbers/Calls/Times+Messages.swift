package import Messages

extension ProtoTimestamp {
  /// From µs since the Unix epoch.
  package init(microseconds: Int64) {
    let seconds = floorDivide(microseconds, 1_000_000)
    self.init(seconds: seconds, nanos: Int32(microseconds - seconds * 1_000_000) * 1_000)
  }
}

extension ProtoDuration {
  /// From µs.
  package init(microseconds: Int64) {
    self.init(
      seconds: microseconds / 1_000_000, nanos: Int32(microseconds % 1_000_000) * 1_000)
  }

  /// In whole µs; what doesn't fit is the largest or least there is, and so out of every range. What
  /// `google/protobuf/duration.proto` doesn't allow is the least: a second or more of nanoseconds, or
  /// signs that differ.
  package var microseconds: Int64 {
    guard (-999_999_999...999_999_999).contains(nanos), seconds.signum() * Int64(nanos) >= 0 else {
      return .min
    }
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carry) = scaled.addingReportingOverflow(Int64(nanos) / 1_000)
    guard overflow || carry else { return sum }
    return seconds < 0 ? .min : .max
  }
}
