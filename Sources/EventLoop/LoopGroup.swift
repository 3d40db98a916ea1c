internal import Glibc
internal import Synchronization

/// The loops of a process: by default one a core.
public final class LoopGroup: Sendable {
  /// More would only compete for the same cores.
  public static let maximumLoops = 256

  /// The loops, by index; never empty.
  public let loops: [Loop]
  private let turn = Mutex(0)

  /// Makes `count` loops, at least one; they don't run before `start()`.
  public init(count: Int = LoopGroup.coreCount) throws(SystemError) {
    var loops: [Loop] = []
    for index in 0..<min(max(count, 1), Self.maximumLoops) { loops.append(try Loop(index: index)) }
    self.loops = loops
  }

  /// Starts every loop's thread.
  public func start() throws(SystemError) {
    // A peer that is gone is an error of the write, not a reason to end the process.
    signal(SIGPIPE, SIG_IGN)
    for loop in loops { try loop.start() }
  }

  /// Ends every loop's thread and waits for them. Not to be called on a loop.
  public func stop() {
    for loop in loops { loop.stop() }
  }

  /// The loops in turn.
  public func next() -> Loop {
    turn.withLock { turn in
      turn = (turn + 1) % loops.count
      return loops[turn]
    }
  }

  /// The processors this process may run on.
  public static var coreCount: Int {
    max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }
}
