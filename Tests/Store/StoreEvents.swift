import Store
import Synchronization

/// What a store told its operator.
final class StoreEvents: Sendable {
  private let all = Mutex<[StoreEvent]>([])

  var list: [StoreEvent] { all.withLock { $0 } }

  func add(_ event: StoreEvent) { all.withLock { $0.append(event) } }

  /// Until such an event was told.
  func waits(for isMeant: (StoreEvent) -> Bool) async {
    while !list.contains(where: isMeant) { await Task.yield() }
  }
}
