/// The mark of a number that is handed out.
///
///     event      live                              completed        returned (released or expired)
///     Complete   completed                         answered as the  refused: it was released, or
///                                                  first, if equal  its lease ran out
///     Release    returned                          refused: it is   answered as the first, if it
///                                                  completed        was a release
///     expired    returned                          –                –
///     allocated  never: it is held                 never            live, with the next generation
///
/// A token of another generation, or another caller, is refused in every state.
struct Lock {
  /// Its place in the table of series.
  var series: Int32
  /// Its lease, or -1.
  var lease: Int32
  /// Its neighbours among the locks of its lease, or -1.
  var previous: Int32 = -1
  var next: Int32 = -1
  var caller: Int32
  var generation: UInt32
  var serial: Int64
  /// Wall clock, µs.
  var allocated: Int64
  /// When the number was made: what its timestamp shows. Wall clock, µs.
  var generated: Int64
  /// The sequence of the event that tells of its handing out. 0: it isn't known.
  var event: Int64
}

/// Names a number whatever its text: by template (edition) of its pool, period and serial.
struct NumberKey: Hashable, Sendable {
  var pool: Int64
  var edition: Int32
  var period: Int32
  var serial: Int64
}

/// How a number came back.
enum ReturnCause: Int32, Sendable {
  case released = 1
  case expired = 2
}

/// The last holding of a number that isn't live.
struct EndedNumber: Sendable, Equatable {
  enum End: Sendable, Equatable {
    case completed(currency: String, amountMinor: Int64)
    /// `isRetired`: it will never be handed out again.
    case returned(ReturnCause, isRetired: Bool, reason: String)
  }

  var generation: UInt32
  var caller: Caller
  var lease: Int64
  /// Wall clock, µs.
  var allocated: Int64
  var generated: Int64
  var ended: Int64
  var end: End
  /// The sequence of the event that tells of it. 0: it isn't known.
  var event: Int64 = 0
}

/// A number in line to be handed out again.
struct ReturnedNumber {
  var series: Int32
  /// The generation that ended.
  var generation: UInt32
  var serial: Int64
  /// Wall clock, µs.
  var generated: Int64
  /// On the lease clock, µs.
  var returned: Int64
  /// The sequence of the event that tells of its return. 0: it isn't known.
  var event: Int64
}
