/// An instant of a clock that no step of the wall clock touches and that runs through suspend.
///
/// A store gives out boot times on a scale of its own: the scale goes on after a restart where the
/// last commit left it, so a stored expiry is never early, and time in which no server ran isn't
/// counted. Values of different stores, or of a store and a bare clock, can't be compared.
public struct BootTime: Sendable, Hashable, Comparable {
  /// Microseconds since the scale began.
  public var microseconds: Int64

  /// The instant `microseconds` after the scale began.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Orders by time.
  public static func < (a: BootTime, b: BootTime) -> Bool { a.microseconds < b.microseconds }

  /// The instant `duration` later.
  public static func + (time: BootTime, duration: Duration) -> BootTime {
    BootTime(microseconds: time.microseconds &+ duration.wholeMicroseconds)
  }

  /// The instant `duration` earlier.
  public static func - (time: BootTime, duration: Duration) -> BootTime {
    BootTime(microseconds: time.microseconds &- duration.wholeMicroseconds)
  }

  /// What passed between two instants.
  public static func - (later: BootTime, earlier: BootTime) -> Duration {
    .microseconds(later.microseconds &- earlier.microseconds)
  }
}
