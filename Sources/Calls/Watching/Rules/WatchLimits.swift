/// The bounds of watches, the same for every feed, each with its reason.
enum WatchLimits {
  static let second: Int64 = 1_000_000
  /// Events in a response: what a loop encodes before it looks at its other streams.
  static let eventsPerResponse = 256
  /// How often a stream says that it is alive. Ten minutes is what proxies let pass at most.
  static let progressMicroseconds = second / 10...600 * second
  static let defaultProgressMicroseconds = 10 * second
  /// Conflated updates a second: more than any screen shows.
  static let updatesPerSecond: Int32 = 100
  /// Keys whose latest events are gathered at a time for a conflated update.
  static let conflatedKeys = 4_096
}
