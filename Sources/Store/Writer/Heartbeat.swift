/// Commits the time once in a while, so that a restart after a quiet day doesn't give every lease
/// that day again.
final class Heartbeat: WriterState {
  static let capability = "heartbeat"
  static let migrations: [Migration] = []
  static let interval = Duration.seconds(60)

  private var last: BootTime

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    last = store.boot
  }

  var nextWake: BootTime? { last + Self.interval }

  func wake(_ batch: Batch) throws(StoreError) {
    let previous = last
    last = batch.boot
    batch.undo { [self] in last = previous }
    batch.mustCommit = true
  }
}
