public import EventLoop

/// Tasks that wait on a loop for something to happen, and are woken together to look again.
/// Confined to the loop.
// @unchecked: confined to the loop; a cancellation from elsewhere goes there first.
public final class Waiter: @unchecked Sendable {
  private var waiting: [(ticket: UInt64, continuation: UnsafeContinuation<Void, Never>)] = []
  private var tickets: UInt64 = 0

  /// Nobody waits yet.
  public init() {}

  var isWaiting: Bool { !waiting.isEmpty }

  /// Wakes all that wait now. Loop only.
  public func wakeAll() {
    guard !waiting.isEmpty else { return }
    let woken = waiting
    waiting.removeAll(keepingCapacity: true)
    for (_, continuation) in woken { continuation.resume() }
  }

  /// Waits until `wakeAll`, or until the waiting task is cancelled. To be called on `loop`.
  public func wait(on loop: Loop) async {
    tickets &+= 1
    let ticket = tickets
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        if Task.isCancelled { return continuation.resume() }
        waiting.append((ticket, continuation))
      }
    } onCancel: {
      loop.execute { self.wake(ticket) }
    }
  }

  private func wake(_ ticket: UInt64) {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
    waiting.remove(at: index).continuation.resume()
  }
}
