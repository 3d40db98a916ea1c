internal import EventLoop
public import Messages

/// The messages of a request, each taken when it is asked for: a client sends no more than a window
/// ahead of that. One task at a time may take.
///
/// When the server stops, what a client has sent and ended can be taken to its end. One that goes on sending
/// is taken from no more: `next` throws UNAVAILABLE with the reason SERVER_STOPPING, so that a handler ends
/// what it has begun and then the call, and nobody waits for a client that may never end.
public struct RequestStream<Element: Message>: AsyncSequence, Sendable {
  /// What ends the stream before its time.
  public typealias Failure = RPCError

  let call: ServerCall

  /// Starts to take messages where the last taker stopped.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(call: call) }

  /// Takes one message after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let call: ServerCall

    /// The next message, nil after the last. Throws when the call is cancelled, its deadline has
    /// passed, the server stops, or the next message is refused.
    public mutating func next() async throws(RPCError) -> Element? {
      try await call.receive(Element.self)
    }

    /// The next message, nil after the last.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(RPCError) -> Element? {
      try await call.receive(Element.self)
    }
  }
}
