/// What a call that watches says of how it wants to be told.
public struct WatchSettings: Sendable, Equatable {
  /// µs until progress is told where nothing else is.
  public let progressInterval: Int64
  /// µs from one update to the next at least, each with the latest of every key; nil: every event
  /// comes, at once.
  let pause: Int64?

  /// From a progress interval (µs) and a rate as the call has them; nil and 0: not said.
  public init(progressInterval: Int64?, updatesPerSecond: Int32 = 0) throws(WatchRefusal) {
    let interval = progressInterval ?? WatchLimits.defaultProgressMicroseconds
    guard WatchLimits.progressMicroseconds.contains(interval) else {
      throw .progressIntervalOutOfRange
    }
    guard (0...WatchLimits.updatesPerSecond).contains(updatesPerSecond) else {
      throw .updateRateOutOfRange
    }
    self.progressInterval = interval
    pause = updatesPerSecond == 0 ? nil : WatchLimits.second / Int64(updatesPerSecond)
  }
}
