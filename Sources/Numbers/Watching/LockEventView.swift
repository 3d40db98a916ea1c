internal import Store
internal import Synchronization

/// The events of a chunk in the form in which they go to clients: made once, by the first reader that
/// comes to them, and shared by all.
///
/// A chunk may have thousands of events, so it is made slot by slot: a loop is never held up for
/// longer than one takes.
final class LockEventView: Sendable {
  private struct State {
    var reader: EventReader?
    /// The sequence of the reader's next event.
    var next: Int64
    var slots: [LockEventSlot] = []
  }

  private let last: Int64
  private let encoding: LockEventEncoding
  private let state: Mutex<State>

  init(_ chunk: FeedChunk, _ encoding: LockEventEncoding) {
    last = chunk.last
    self.encoding = encoding
    state = Mutex(State(reader: try? EventReader(chunk.payload), next: chunk.first))
  }

  /// The slot at `place`, nil after the last. `forms` are those of the pool's templates.
  func slot(
    _ place: Int, _ forms: [NumberForm]
  ) throws(LockEventEncoding.Problem) -> LockEventSlot? {
    try state.withLock { (state) throws(LockEventEncoding.Problem) in
      while state.slots.count <= place, state.next <= last { try addSlot(to: &state, forms) }
      return place < state.slots.count ? state.slots[place] : nil
    }
  }

  /// Where it can't be made, everything is as it was, and may be tried again with other forms.
  private func addSlot(
    to state: inout State, _ forms: [NumberForm]
  ) throws(LockEventEncoding.Problem) {
    guard var reader = state.reader else { throw .damaged }
    var events: [NumberEvent] = []
    let count = min(Limits.eventsPerResponse, Int(last - state.next + 1))
    while events.count < count {
      guard let event = try? reader.next() else { throw .damaged }
      events.append(event)
    }
    state.slots.append(try encoding.slot(of: events, from: state.next, forms))
    state.reader = reader
    state.next += Int64(count)
  }
}
