internal import Synchronization

/// What is handed to one consumer, from the writer to its stream. It holds no more than the consumer's
/// credits.
final class ConsumerOutbox: Sendable {
  /// An order in the hands of the consumer.
  struct Handed: Sendable {
    var delivery: Consumption.Delivery
    /// When it fails, wall clock, µs.
    var deadline: Int64
    var edits: Int32
  }

  /// Why nothing more comes.
  enum End: Error, Sendable, Equatable {
    /// Its stream has ended.
    case left
    /// Another consumer has its name.
    case replaced
    case unitDeleted
    /// The store begins anew, and knows no consumers.
    case storeRecovered
  }

  private struct State {
    var handed: [Handed] = []
    var end: End?
    var waiting: UnsafeContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  var isOver: Bool { state.withLock { $0.end != nil } }

  func put(_ handed: [Handed]) { change { $0.handed += handed } }

  /// The first reason stands.
  func end(_ end: End) { change { $0.end = $0.end ?? end } }

  private func change(_ body: (inout sending State) -> Void) {
    let waiting = state.withLock { state in
      body(&state)
      return state.waiting.take()
    }
    waiting?.resume()
  }

  /// What is handed out, at least one; waits for it. One task at a time.
  func next() async throws(End) -> [Handed] {
    while true {
      let (handed, end) = state.withLock { state in
        defer { state.handed = [] }
        return (state.handed, state.end)
      }
      if let end { throw end }
      if !handed.isEmpty { return handed }
      await withTaskCancellationHandler {
        await withUnsafeContinuation { continuation in
          let isReady = state.withLock { state in
            if state.end != nil || !state.handed.isEmpty { return true }
            state.waiting = continuation
            return false
          }
          if isReady { continuation.resume() }
        }
      } onCancel: {
        self.end(.left)
      }
    }
  }
}
