internal import Synchronization

/// The metadata that a handler adds to its response; it may do so on any thread.
final class ResponseMetadata: Sendable {
  private struct Both {
    var initial: Metadata?
    var trailing: Metadata?
  }

  private let both = Mutex(Both())
  /// Whether there is any: for most calls this is all that is looked at.
  private let isSet = Atomic(false)

  func removeAll() {
    guard isSet.exchange(false, ordering: .acquiringAndReleasing) else { return }
    both.withLock { $0 = Both() }
  }

  func setInitial(_ metadata: Metadata) {
    both.withLock { $0.initial = metadata }
    isSet.store(true, ordering: .releasing)
  }

  func setTrailing(_ metadata: Metadata) {
    both.withLock { $0.trailing = metadata }
    isSet.store(true, ordering: .releasing)
  }

  func takeInitial() -> Metadata? {
    guard isSet.load(ordering: .acquiring) else { return nil }
    return both.withLock { $0.initial.take() }
  }

  func takeTrailing() -> Metadata? {
    guard isSet.load(ordering: .acquiring) else { return nil }
    return both.withLock { $0.trailing.take() }
  }
}
