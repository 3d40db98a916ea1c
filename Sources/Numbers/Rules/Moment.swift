/// The time at which a call is decided, by both clocks, in µs.
struct Moment: Sendable, Equatable {
  /// Since the Unix epoch; may stand still, but never goes back.
  var wall: Int64
  /// The clock that leases run on, which nobody sets.
  var boot: Int64
}
