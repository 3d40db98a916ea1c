import Glibc
import Logging
import RPC
import Store

/// Passes on what happens to the store: to the log, to health, and in the worst case to whoever started us.
struct StoreReport: Sendable {
  /// What health answers for beside the server as a whole.
  static let services = [
    "orderwire.v1.AllocationService", "orderwire.v1.LockingService", "orderwire.v1.HistoryService",
    "orderwire.v1.WarningService", "orderwire.v1.CatalogService",
    "orderwire.v1.StockService", "orderwire.v1.ForwardingService",
  ]

  let path: String
  let health: HealthService
  private let log = Logger(label: "store")

  init(path: String, health: HealthService) {
    self.path = path
    self.health = health
    for service in Self.services { health.set(service, .serving) }
  }

  func told(_ event: StoreEvent) {
    switch event {
    case .unwritable(let error):
      log.error("can't write for now", metadata: ["cause": "\(error)"])
      set(.notServing)
    case .writable:
      log.notice("can write again")
      set(.serving)
    case .recovering(let error):
      log.error("reads everything again from disk", metadata: ["cause": "\(error)"])
      set(.notServing)
    case .recovered(let batchCommitted):
      log.notice("recovered", metadata: ["batch-committed": "\(batchCommitted)"])
      set(.serving)
    case .wakeFailed(let capability, let error):
      log.error(
        "timed work failed, is tried again",
        metadata: ["capability": "\(capability)", "cause": "\(error)"])
    case .clockBehind(let duration):
      log.warning(
        "the clock is behind the store's times, which stand still until it is there again",
        metadata: ["behind": "\(duration)"])
    case .failed(let error):
      // Nothing can be promised any more. What was acknowledged is on disk, where the next start finds it.
      let failure = CommandFailure(error, store: path)
      _ = failure.report()
      _exit(failure.status.rawValue)
    }
  }

  /// The server as a whole too, so that a balancer sends calls elsewhere.
  private func set(_ status: HealthService.Status) {
    for service in [""] + Self.services { health.set(service, status) }
  }
}
