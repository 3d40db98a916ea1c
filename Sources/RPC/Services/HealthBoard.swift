/// What is known of the services' health, and who waits for a change of it.
struct HealthBoard {
  struct Watcher {
    var service: String
    var continuation: UnsafeContinuation<Void, Never>
  }

  private(set) var statuses: [String: HealthService.Status] = ["": .serving]
  private(set) var isShutDown = false
  var watchers: [UInt64: Watcher] = [:]
  private var tickets: UInt64 = 0

  /// What a watcher is told of a service, known or not.
  func watchedStatus(_ service: String) -> HealthService.Status {
    statuses[service] ?? .serviceUnknown
  }

  mutating func takeTicket() -> UInt64 {
    tickets &+= 1
    return tickets
  }

  /// Returns who has to be woken.
  mutating func set(_ service: String, _ status: HealthService.Status) -> [Watcher] {
    guard !isShutDown, statuses[service] != status else { return [] }
    statuses[service] = status
    return removeWatchers { $0.service == service }
  }

  /// Returns who has to be woken.
  mutating func shutDown() -> [Watcher] {
    isShutDown = true
    statuses = statuses.mapValues { _ in .notServing }
    return removeWatchers { _ in true }
  }

  private mutating func removeWatchers(where matches: (Watcher) -> Bool) -> [Watcher] {
    let matching = watchers.filter { matches($0.value) }
    for key in matching.keys { watchers[key] = nil }
    return Array(matching.values)
  }
}
