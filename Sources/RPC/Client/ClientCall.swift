internal import EventLoop
internal import HTTP2
internal import Messages

/// A call on the client: takes what HTTP2 says of its stream. `ClientCallState` decides how it ends.
// @unchecked: confined to the loop.
final class ClientCall: StreamHandler, @unchecked Sendable {
  let channel: ClientChannel
  var loop: Loop { channel.loop }

  private(set) var state = ClientCallState()
  private(set) var stream: HTTP2Stream?
  private var responses: MessageReader
  private let readerWaiter = Waiter()
  private let writerWaiter = Waiter()
  private var deadlineTimer: Timer?
  private(set) var initialMetadata = Metadata()
  private(set) var trailingMetadata = Metadata()

  init(_ channel: ClientChannel, limit: Int) {
    self.channel = channel
    responses = MessageReader(limit: limit)
  }

  func begin(_ stream: HTTP2Stream, _ fields: [HeaderField], timeout: Duration?) {
    self.stream = stream
    stream.sendHeaders(fields, endStream: false)
    guard let timeout else { return }
    deadlineTimer = loop.schedule(after: timeout) { [unowned self] in
      deadlineTimer = nil
      fail(.deadlineExceeded)
    }
  }

  // MARK: What HTTP2 says

  func headersReceived(_ headers: HeaderList, endStream: Bool) {
    let head = ResponseHead(headers, metadata: &initialMetadata)
    if endStream {
      trailingMetadata = initialMetadata
      // A status of gRPC's own says more than HTTP's.
      if let status = head.status { state.statusReceived(status) }
    }
    state.headersReceived(httpStatus: head.httpStatus, isGRPC: head.isGRPC)
    wakeAll()
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    guard state.failure == nil else {
      giveCredit(bytes.count)
      return
    }
    responses.append(bytes)
    switch responses.front() {
    case .incomplete: if readerWaiter.isWaiting { giveCredit(responses.creditIncomplete()) }
    case .message: readerWaiter.wakeAll()
    case .refused(.tooLarge(let announced)):
      fail(
        RPCError(
          .resourceExhausted,
          "a message of \(announced) bytes is larger than \(responses.limit) bytes"))
    case .refused(.compressed), .refused(.badFlag):
      fail(RPCError(.internal, "a message is compressed, which was not offered"))
    }
  }

  func trailersReceived(_ headers: HeaderList) {
    let head = ResponseHead(headers, metadata: &trailingMetadata)
    if let status = head.status { state.statusReceived(status) }
  }

  func endReceived() {
    state.responseEnded()
    wakeAll()
  }

  func writable() { writerWaiter.wakeAll() }

  func closed(_ reason: StreamClose) {
    deadlineTimer?.cancel()
    deadlineTimer = nil
    stream = nil
    _ = state.failed(RPCError(closed: reason))
    wakeAll()
  }

  // MARK: What the caller does

  func send(_ message: some Message) throws(RPCError) {
    guard !state.hasEnded, state.isSending, let stream else {
      throw state.failure ?? RPCError(.failedPrecondition, "the call takes no more messages")
    }
    do throws(EncodingFailure) {
      try stream.send(message, using: channel.arena) {}
    } catch {
      let error = RPCError(.internal, "the request can't be encoded: \(error.reason.rawValue)")
      fail(error)
      throw error
    }
  }

  func waitUntilWritable() async throws(RPCError) {
    while stream?.isAboveHighWater ?? false {
      await writerWaiter.wait(on: loop)
      try checkCancellation()
    }
    if let failure = state.failure { throw failure }
  }

  func endSending() {
    if state.sendingEnded() { stream?.endStream() }
  }

  /// The next message, nil when the response has ended well. What came before a failure comes first;
  /// a failure on this side has emptied the queue.
  func receive<M: Message>(_ type: M.Type) async throws(RPCError) -> M? {
    while true {
      switch responses.front() {
      case .message(let count): return try take(count)
      case .refused: throw RPCError(.internal, "a message of the response was refused")
      case .incomplete:
        if let failure = state.failure { throw failure }
        if state.hasEnded {
          if responses.isEmpty { return nil }
          throw RPCError(.internal, "the response ends within a message")
        }
        giveCredit(responses.creditIncomplete())
        await readerWaiter.wait(on: loop)
        try checkCancellation()
      }
    }
  }

  /// The only message of the response, once the response has ended well.
  func receiveOnly<M: Message>(_ type: M.Type) async throws(RPCError) -> M {
    guard let message = try await receive(type) else {
      throw RPCError(.internal, "the response has no message")
    }
    if try await receive(type) != nil {
      let error = RPCError(.internal, "the response has more than one message")
      fail(error)
      throw error
    }
    return message
  }

  /// Waits for the response's headers.
  func waitForHeaders() async throws(RPCError) -> Metadata {
    while case .waiting = state.phase {
      await readerWaiter.wait(on: loop)
      try checkCancellation()
    }
    return initialMetadata
  }

  /// Ends the call here, unless it has ended.
  func fail(_ error: RPCError) {
    guard state.failed(error) else { return }
    stream?.reset(.cancel)
    giveCredit(responses.drain())
    wakeAll()
  }

  private func take<M: Message>(_ count: Int) throws(RPCError) -> M {
    defer { giveCredit(responses.remove(count: count)) }
    do throws(DecodingFailure) {
      return try M.decode(responses.message(count: count), using: channel.arena)
    } catch {
      let error = RPCError(.internal, "the response can't be decoded: \(error)")
      fail(error)
      throw error
    }
  }

  private func checkCancellation() throws(RPCError) {
    guard Task.isCancelled else { return }
    fail(.cancelled)
    throw state.failure ?? .cancelled
  }

  private func wakeAll() {
    readerWaiter.wakeAll()
    writerWaiter.wakeAll()
  }

  /// Gives flow-control credit back. A function of its own, so that `count` is worked out even when
  /// the stream is gone.
  func giveCredit(_ count: Int) { stream?.consumed(count) }
}
