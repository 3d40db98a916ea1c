internal import Synchronization

/// The reading side of the feeds: what is durable, told by the writer, asked by readers.
final class FeedHub: Sendable {
  /// A chunk that was appended.
  struct Appended: Sendable {
    let feed: FeedKey
    let chunk: FeedChunk
  }

  private struct State {
    var bounds: [FeedKey: FeedBounds] = [:]
  }

  private let state = Mutex(State())

  // MARK: - From the writer

  /// The feeds were read from what is committed, at the start or after a recovery.
  func loaded(_ bounds: [FeedKey: FeedBounds]) { state.withLock { $0.bounds = bounds } }

  /// A batch is durable: what it appended, in order, and of which feeds it deleted what is before
  /// `oldest`.
  func committed(_ appended: [Appended], oldest: [(feed: FeedKey, sequence: Int64)]) {
    state.withLock { state in
      for one in appended { state.bounds[one.feed, default: FeedBounds()].head = one.chunk.last }
      for (feed, sequence) in oldest {
        state.bounds[feed, default: FeedBounds()].oldest = sequence
      }
    }
  }

  // MARK: - From anywhere

  /// What of a feed is kept, as far as it is durable.
  func bounds(of feed: FeedKey) -> FeedBounds {
    state.withLock { $0.bounds[feed] ?? FeedBounds() }
  }
}
