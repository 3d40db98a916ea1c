internal import Store

/// The consumers of all units, and how what is handed out reaches them. On the writer's thread.
final class ConsumptionDesk {
  private var tokens: Consumption.Tokens
  private var nextConsumer: Int64 = 1
  private var outboxes: [Int64: ConsumerOutbox] = [:]
  /// Consumers that the batch in hand sends away.
  private var ending: [Int64: ConsumerOutbox.End] = [:]

  init(epoch: Int64) { tokens = Consumption.Tokens(epoch: epoch) }

  /// The store is closed, or begins anew.
  deinit { for outbox in outboxes.values { outbox.end(.storeRecovered) } }

  var count: Int { outboxes.count }

  /// A new consumer's number.
  func join(_ outbox: ConsumerOutbox, _ batch: Batch) -> Int64 {
    let id = nextConsumer
    nextConsumer += 1
    outboxes[id] = outbox
    batch.undo { [unowned self] in outboxes[id] = nil }
    return id
  }

  /// A consumer goes with the batch.
  func end(_ id: Int64, _ end: ConsumerOutbox.End, _ batch: Batch) {
    ending[id] = end
    batch.undo { [unowned self] in ending[id] = nil }
  }

  /// Its stream has ended, and it wasn't sent away yet.
  func isOver(_ id: Int64) -> Bool { ending[id] == nil && outboxes[id]?.isOver ?? true }

  /// After a commit: hands out what the units of an intake have for their consumers.
  func step(_ intake: Intake, at now: Int64, wall: Int64) {
    for unit in intake.units.values where unit.consumption.isLive {
      let handed = unit.consumption.step(unit, of: intake, at: now, &tokens)
      for (id, deliveries) in Dictionary(grouping: handed, by: \.consumer) {
        outboxes[id]?.put(
          deliveries.map { one in
            ConsumerOutbox.Handed(
              delivery: one, deadline: one.deadline + wall - now,
              edits: unit.consumption.edits[one.sequence] ?? 0)
          })
      }
    }
  }

  /// After a commit: those that were sent away are told.
  func tellEnded() {
    for (id, end) in ending { outboxes.removeValue(forKey: id)?.end(end) }
    ending.removeAll(keepingCapacity: true)
  }
}
