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
///
/// Numbers that one call handed out and that follow one another are one lock and one row, the row of
/// the last of them, for as long as they are all live. What ends is parted from the rest:
///
///     of first…last ends    in memory                        rows
///     all                   removed                          deleted
///     the first of them     the rest keeps the place         shortened
///     the last of them      the rest keeps the place         deleted, one of what is left
///     what is between       the longer rest keeps the        shortened, and one of what is before
///                           place, the other gets one
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
  /// The serials that it holds: one, or neighbours that were handed out together.
  var first: Int64
  var last: Int64
  /// Wall clock, µs.
  var allocated: Int64
  /// When the numbers were made: what their timestamps show. Wall clock, µs.
  var generated: Int64
  /// The sequence of the event that tells of the handing out of `last`; those of the others come
  /// right before it. 0: it isn't known.
  var event: Int64

  var count: Int64 { last - first + 1 }

  /// The sequence of the event of one of its serials.
  func event(of serial: Int64) -> Int64 { event == 0 ? 0 : event - (last - serial) }

  /// Some of its numbers, as a lock without neighbours.
  func part(_ serials: ClosedRange<Int64>) -> Lock {
    var part = self
    part.event = event(of: serials.upperBound)
    (part.first, part.last) = (serials.lowerBound, serials.upperBound)
    (part.previous, part.next) = (-1, -1)
    return part
  }
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
