/// The time at which a call is decided, by both clocks, in µs.
struct Moment: Sendable, Equatable {
  /// Since the Unix epoch; may stand still, but never goes back.
  var wall: Int64
  /// The clock that leases run on, which nobody sets.
  var boot: Int64
  /// How far the wall clock itself is behind `wall`.
  var behind: Int64 = 0

  /// What the wall clock will show at boot time `instant`, as far as it can be told now.
  func shown(at instant: Int64) -> Int64 { wall - behind + (instant - boot) }
}
