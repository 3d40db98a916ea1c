/// Why a cursor can't be gone on from.
public enum CursorRefusal: Error, Sendable, Equatable {
  /// Not one that a feed has given out.
  case invalid
  /// Of another feed, or of another store: one that was restored is another.
  case foreign
  /// What came after it is kept no longer; `oldest` is the first message that is.
  case tooOld(oldest: Int64)
  /// It is after the newest message, `head`: it was given out by a store that has lost messages.
  case ahead(head: Int64)
}

/// Why a feed can't be followed, or not any further.
public enum FeedError: Error, Sendable, Equatable {
  /// Nothing can be read from where the reader is.
  case cursor(CursorRefusal)
  /// As many follow feeds as may.
  case tooManyReaders(limit: Int)
  /// This follower has as many readers as one may.
  case tooManyOfFollower(limit: Int)
  /// The store can't be read, or was closed. The reader's position is as good as before.
  case store(StoreError)
}

/// Where a reader begins.
public enum FeedStart: Sendable, Equatable {
  /// With what is appended from now on.
  case now
  /// With the oldest message that is kept.
  case oldest
  /// After the message that a cursor names.
  case cursor(String)
}
