/// When a watch may tell what, on a clock in µs that is passed in.
///
/// pace     | event or question                      | then
/// ---------|----------------------------------------|---------------------------------------------
/// any      | something was sent                     | progress is due an interval later
/// any      | an update is done, conflated           | the next may begin a pause later
/// any      | may an update begin? not conflated     | now
/// any      | the same; the pause is over            | now
/// any      | the same; the pause isn't over         | when it is, or when progress is due, if earlier
/// any      | is progress due? nothing was sent for  | yes
///          | the interval                           |
struct WatchPace: Sendable {
  private let settings: WatchSettings
  /// When progress is told unless something else is before.
  private(set) var progressDue: Int64
  private var updateDue = Int64.min

  init(_ settings: WatchSettings, at now: Int64) {
    self.settings = settings
    progressDue = now
  }

  /// A response went out.
  mutating func sent(at now: Int64) { progressDue = now &+ settings.progressInterval }

  /// The latest of everything was told, as far as it was there.
  mutating func updated(at now: Int64) { updateDue = now &+ (settings.pause ?? 0) }

  /// How long to wait before it is looked again whether an update may begin; nil: it may.
  func wait(at now: Int64) -> Int64? {
    guard updateDue > now else { return nil }
    return max(0, min(updateDue, progressDue) - now)
  }

  func isProgressDue(at now: Int64) -> Bool { progressDue <= now }
}
