/// An instant of the wall clock: microseconds since the Unix epoch, UTC.
public struct Timestamp: Sendable, Hashable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var microseconds: Int64

  /// The instant `microseconds` after the Unix epoch.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Orders by time.
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.microseconds < b.microseconds }

  /// The instant `duration` later.
  public static func + (time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(microseconds: time.microseconds &+ duration.wholeMicroseconds)
  }

  /// The instant `duration` earlier.
  public static func - (time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(microseconds: time.microseconds &- duration.wholeMicroseconds)
  }

  /// What passed between two instants.
  public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    .microseconds(later.microseconds &- earlier.microseconds)
  }
}

extension Duration {
  /// Rounded towards zero and clamped, so that absurd durations don't trap.
  var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return seconds < 0 ? .min / 4 : .max / 4 }
    return product.addingReportingOverflow(attoseconds / 1_000_000_000_000).partialValue
  }
}
