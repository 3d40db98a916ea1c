internal import EventLoop
internal import HTTP2
public import Messages

/// A client's call whose messages are sent and taken one by one. One that isn't taken to its end must
/// be cancelled. As a sequence it gives the messages of the response.
public struct ClientStream<Request: Message, Response: Message>: AsyncSequence, Sendable {
  /// What is thrown when the call ends with a status other than OK.
  public typealias Failure = RPCError
  /// A message of the response.
  public typealias Element = Response

  let call: ClientCall

  /// Sends a message; waits while more is queued than the server takes. Where `CallOptions.compression`
  /// has the messages compressed, `compressed: false` excepts this one.
  public func send(_ message: Request, compressed: Bool = true) async throws(RPCError) {
    try await onLoop { () throws(RPCError) in
      try call.send(message, compressed: compressed)
      try await call.waitUntilWritable()
    }
  }

  /// The same for a message that is encoded already; it isn't compressed.
  public func send(encoded message: [UInt8]) async throws(RPCError) {
    try await onLoop { () throws(RPCError) in
      try call.send(encoded: message)
      try await call.waitUntilWritable()
    }
  }

  /// Says that no more messages come.
  public func endSending() {
    if call.loop.isCurrent { return call.endSending() }
    call.loop.execute { [call] in call.endSending() }
  }

  /// Whether the call is known to have ended, however much of the response is still to be taken. On the
  /// channel's loop only.
  public var hasEnded: Bool { call.state.hasEnded }

  /// The next message of the response, nil when it has ended well.
  public func next() async throws(RPCError) -> Response? {
    try await onLoop { () throws(RPCError) in try await call.receive(Response.self) }
  }

  /// Has the next message of the response read as it came over the wire, nil when it has ended well: for a
  /// load that shares its machine with what it measures. The bytes are valid only during `read`.
  public func next<Value: Sendable>(
    reading read: @escaping @Sendable (UnsafeRawBufferPointer) throws(RPCError) -> Value
  ) async throws(RPCError) -> Value? {
    try await onLoop { () throws(RPCError) in try await call.receive(reading: read) }
  }

  /// Ends sending and takes the only message of the response.
  public func response() async throws(RPCError) -> Response {
    endSending()
    return try await onLoop { () throws(RPCError) in try await call.receiveOnly(Response.self) }
  }

  /// Whether the message of the response that was taken last came compressed.
  public func isResponseCompressed() async throws(RPCError) -> Bool {
    try await onLoop { () throws(RPCError) in call.isResponseCompressed }
  }

  /// The metadata that the server sent before its messages; waits for it.
  public func initialMetadata() async throws(RPCError) -> Metadata {
    try await onLoop { () throws(RPCError) in try await call.waitForHeaders() }
  }

  /// The metadata that the server sent with the status; there once the call has ended.
  public func trailingMetadata() async throws(RPCError) -> Metadata {
    try await onLoop { () throws(RPCError) in call.trailingMetadata }
  }

  /// Ends the call, if it hasn't ended.
  public func cancel() {
    if call.loop.isCurrent { return call.fail(.cancelled) }
    call.loop.execute { [call] in call.fail(.cancelled) }
  }

  /// Starts to take messages where the last taker stopped.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

  /// Takes one message after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: ClientStream

    /// The next message, nil when the response has ended well.
    public mutating func next() async throws(RPCError) -> Response? { try await stream.next() }

    /// The next message, nil when the response has ended well.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(RPCError) -> Response? {
      try await stream.next()
    }
  }

  private func onLoop<T: Sendable>(
    _ body: @escaping @Sendable () async throws(RPCError) -> T
  ) async throws(RPCError) -> T {
    if call.loop.isCurrent { return try await body() }
    return try await call.loop.call(body)
  }
}
