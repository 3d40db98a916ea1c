/// What of a watch's request makes no sense, whatever it watches.
public enum WatchRefusal: Error, Sendable, Equatable {
  /// It names a cursor and the oldest event.
  case startAmbiguous
  /// Progress oftener, or more rarely, than a stream tells it.
  case progressIntervalOutOfRange
  /// More updates a second than there are, or fewer than none.
  case updateRateOutOfRange
}
