@testable import Numbers

extension PoolModel {
  /// False if the same holds it off already.
  mutating func stop(_ target: PoolSwitch, _ warning: String, _ now: Moment) -> Bool {
    let causes = stops[target, default: []]
    guard !causes.contains(where: { $0.warning == warning }) else { return false }
    let new = StopCause(warning: warning, principal: "", reason: "because", time: now.wall)
    // The oldest first.
    stops[target] = (causes + [new]).sorted { ($0.time, $0.warning) < ($1.time, $1.warning) }
    return true
  }

  /// False if nothing was taken back.
  mutating func resume(_ target: PoolSwitch, _ warning: String, all: Bool) -> Bool {
    let before = stops[target, default: []]
    stops[target] = all ? [] : before.filter { $0.warning != warning }
    return stops[target]?.count != before.count
  }

  /// What a caller is told of a switch that is off: of the oldest warning, or else of the operator.
  func cause(_ target: PoolSwitch) -> StopCause? {
    let causes = stops[target, default: []]
    return causes.first { $0.warning != "" } ?? causes.first
  }
}
