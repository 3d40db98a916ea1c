@testable import Store

/// Holds the writer inside a decision until it is opened.
final class Gate: @unchecked Sendable {  // Everything mutable is guarded by `monitor`.
  private let monitor = Monitor()
  private var isOpen = false
  private var isReached = false

  func pass() {
    monitor.withLock {
      isReached = true
      while !isOpen { monitor.wait(atMost: nil) }
    }
  }

  func open() {
    monitor.withLock {
      isOpen = true
      monitor.broadcast()
    }
  }

  /// The writer stands at the gate.
  func reached() async {
    while !monitor.withLock({ isReached }) { await Task.yield() }
  }
}

extension DurableStore {
  /// Until so many commands wait behind the one in hand.
  func waits(for count: Int) async {
    while queuedCommands < count { await Task.yield() }
  }
}
