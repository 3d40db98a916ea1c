/// The store's two times: the wall's, held so that it never goes back, and the boot scale, which
/// goes on where the last commit before the opening left it.
struct StoreTimes: Sendable {
  private let clock: any StoreClock
  private let bootOffset: Int64
  /// The newest time given to a decision; at first what the last commit has kept.
  private(set) var lastNow: Timestamp

  init(clock: any StoreClock, committedNow: Timestamp, committedBoot: BootTime) {
    self.clock = clock
    bootOffset = committedBoot.microseconds - clock.boot().microseconds
    lastNow = committedNow
  }

  var boot: BootTime { BootTime(microseconds: clock.boot().microseconds &+ bootOffset) }

  /// While the wall clock is behind, time stands still.
  mutating func advance() -> (now: Timestamp, wall: Timestamp) {
    let wall = clock.wall()
    lastNow = max(lastNow, wall)
    let behind = lastNow - wall
    let isBehind = behind > Self.tolerated
    newlyBehind = isBehind && !wasBehind ? behind : nil
    wasBehind = isBehind
    return (lastNow, wall)
  }

  /// How far the wall clock was found behind, once each time that it is.
  private(set) var newlyBehind: Duration?
  private var wasBehind = false

  /// A clock that is kept in time is never stepped this far.
  private static let tolerated = Duration.seconds(60)
}
