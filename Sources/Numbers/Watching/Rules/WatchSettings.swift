/// What a call that watches says of how it wants to be told.
struct WatchSettings: Sendable, Equatable {
  /// µs.
  var progressInterval: Int64
  /// µs from one response to the next at least; nil: every event comes, at once.
  var pause: Int64?

  /// From a progress interval (µs) and a rate as the call has them; nil and 0: not said.
  init(progressInterval: Int64?, updatesPerSecond: Int32) throws(Refusal) {
    let interval = progressInterval ?? Limits.defaultProgressMicroseconds
    guard Limits.progressMicroseconds.contains(interval) else { throw .progressIntervalOutOfRange }
    guard (0...Limits.updatesPerSecond).contains(updatesPerSecond) else {
      throw .updateRateOutOfRange
    }
    self.progressInterval = interval
    pause = updatesPerSecond == 0 ? nil : Limits.second / Int64(updatesPerSecond)
  }
}
