internal import Glibc
public import Store
internal import Synchronization

/// Holds the writer inside a decision until it is opened.
public final class HistoryGate: Sendable {
  private struct State {
    var isReached = false
    var waiting: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let isOpen = Atomic(false)
  private let task = Mutex<Task<Void, Never>?>(nil)

  /// A closed one.
  public init() {}

  /// Sends the command that stops at the gate; it is queued when this returns.
  public func enter(_ store: DurableStore) {
    let task = Task.immediate {
      _ = try? await store.execute(caller: "test", rows: 0) { (_) throws(StoreError) in self.pass()
      }
    }
    self.task.withLock { $0 = task }
  }

  private func pass() {
    let waiting = state.withLock { state in
      state.isReached = true
      return state.waiting.take()
    }
    waiting?.resume()
    while !isOpen.load(ordering: .acquiring) { usleep(20) }
  }

  /// Until the writer stands there.
  public func reached() async {
    await withCheckedContinuation { continuation in
      let isReached = state.withLock { state in
        if !state.isReached { state.waiting = continuation }
        return state.isReached
      }
      if isReached { continuation.resume() }
    }
  }

  /// Lets the writer go on.
  public func open() { isOpen.store(true, ordering: .releasing) }

  /// Until the command behind the gate is over.
  public func passed() async { await task.withLock { $0 }?.value }
}

extension TemporaryFolder {
  /// Copies a database, as another process finds it if this one is killed now, while nothing is being written.
  public func copyStore(to other: TemporaryFolder) {
    for file in ["store.db", "store.db-wal"] {
      let source = Glibc.open(path + "/" + file, O_RDONLY)
      let target = Glibc.open(other.path + "/" + file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      while sendfile(target, source, nil, 1 << 24) > 0 {}
      close(source)
      close(target)
    }
  }
}
