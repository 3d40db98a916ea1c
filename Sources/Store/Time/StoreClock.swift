internal import Glibc
internal import Synchronization

/// Where a store gets its time from: the system, or a test.
public protocol StoreClock: Sendable {
  /// The wall clock; may be stepped either way.
  func wall() -> Timestamp
  /// Never steps, runs through suspend.
  func boot() -> BootTime
  /// `body` is called whenever the clock was moved by hand, so that whoever waits looks again.
  func onMove(_ body: @escaping @Sendable () -> Void)
}

/// The machine's clocks.
public struct SystemClock: StoreClock {
  /// The machine's clocks.
  public init() {}

  /// CLOCK_REALTIME.
  public func wall() -> Timestamp { Timestamp(microseconds: read(CLOCK_REALTIME)) }

  /// CLOCK_BOOTTIME.
  public func boot() -> BootTime { BootTime(microseconds: read(CLOCK_BOOTTIME)) }

  /// Nobody moves this one by hand.
  public func onMove(_ body: @escaping @Sendable () -> Void) {}

  private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}

/// A clock that stands still until a test moves it.
public final class ManualClock: StoreClock {
  private struct State {
    var wall: Timestamp
    var boot: BootTime
    var observers: [@Sendable () -> Void] = []
  }

  private let state: Mutex<State>

  /// A clock that shows `wall` and `boot`.
  public init(
    wall: Timestamp = Timestamp(microseconds: 1_700_000_000_000_000),
    boot: BootTime = BootTime(microseconds: 1_000_000)
  ) {
    state = Mutex(State(wall: wall, boot: boot))
  }

  /// What the wall clock shows.
  public func wall() -> Timestamp { state.withLock { $0.wall } }

  /// What the boot clock shows.
  public func boot() -> BootTime { state.withLock { $0.boot } }

  /// Remembers `body` for every later move.
  public func onMove(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.observers.append(body) }
  }

  /// Time passes: both clocks run on.
  public func advance(by duration: Duration) {
    move {
      $0.wall = $0.wall + duration
      $0.boot = $0.boot + duration
    }
  }

  /// The wall clock is stepped, back or on; the boot clock isn't.
  public func stepWall(by duration: Duration) {
    move { $0.wall = $0.wall + duration }
  }

  private func move(_ change: (inout sending State) -> Void) {
    let observers = state.withLock { state in
      change(&state)
      return state.observers
    }
    for observer in observers { observer() }
  }
}
