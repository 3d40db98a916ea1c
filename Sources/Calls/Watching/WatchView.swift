internal import Messages
internal import Store
internal import Synchronization

/// The events of a chunk in the form in which they go to clients: made once, by the first reader that
/// comes to them, and shared by all.
///
/// A chunk may have thousands of events, so it is made slot by slot: a loop is never held up for
/// longer than one takes.
final class WatchView<Feed: WatchedFeed>: Sendable {
  private struct State {
    var reading: Feed.Reading?
    /// The sequence of the next message to read.
    var next: Int64
    var slots: [WatchSlot<Feed>] = []
  }

  private let last: Int64
  private let state: Mutex<State>

  init(_ chunk: FeedChunk, _ feed: Feed) {
    last = chunk.last
    state = Mutex(State(reading: feed.begin(chunk.payload), next: chunk.first))
  }

  /// The slot at `place`, nil after the last. `cursor` is the text after a message.
  func slot(
    _ place: Int, _ feed: Feed, _ cursor: (Int64) -> String
  ) throws(WatchProblem) -> WatchSlot<Feed>? {
    try state.withLock { (state) throws(WatchProblem) in
      while state.slots.count <= place, state.next <= last {
        try addSlot(to: &state, feed, cursor)
      }
      return place < state.slots.count ? state.slots[place] : nil
    }
  }

  /// Where it can't be made, everything is as it was, and may be tried again with a renewed feed.
  private func addSlot(
    to state: inout State, _ feed: Feed, _ cursor: (Int64) -> String
  ) throws(WatchProblem) {
    guard var reading = state.reading else { throw .damaged }
    let end = min(last, state.next + Int64(WatchLimits.eventsPerResponse) - 1)
    let events = try feed.events(state.next...end, of: &reading)
    do throws(EncodingFailure) {
      let after = try feed.response(cursor: cursor(end), isProgress: false).encoded()
      state.slots.append(try WatchSlot(events, through: end, cursor: after))
    } catch {
      throw .damaged
    }
    state.reading = reading
    state.next = end + 1
  }
}
