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
  private let compresses: Bool
  /// The name of a response's encoding that isn't known.
  private var unknownEncoding: String?
  /// Whether the message taken last came compressed.
  private(set) var isResponseCompressed = false
  private(set) var initialMetadata = Metadata()
  private(set) var trailingMetadata = Metadata()

  init(_ channel: ClientChannel, _ options: CallOptions) {
    self.channel = channel
    compresses = options.compression == .gzip
    responses = MessageReader(limit: options.receiveMessageBytes)
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
    responses.takesCompressed = head.compression == .gzip
    unknownEncoding = head.unknownEncoding
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
    case .refused(let refusal): fail(error(for: refusal))
    }
  }

  private func error(for refusal: MessageReader.Refusal) -> RPCError {
    let encoding = unknownEncoding.map { CallCompression.unsupported($0, .internal) }
    return refusal.error(compressed: encoding ?? .flagWithoutEncoding, limit: responses.limit)
  }

  func trailersReceived(_ headers: HeaderList) {
    let head = ResponseHead(headers, metadata: &trailingMetadata)
    if let status = head.status { state.statusReceived(status) }
  }

  func endReceived() {
    state.responseEnded()
    wakeAll()
    // The server wants no more of the request, and a stream that is half open would stay for good.
    if state.isSending { stream?.reset(.noError) }
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

  func send(_ message: some Message, compressed: Bool = true) throws(RPCError) {
    guard !state.hasEnded, state.isSending, let stream else {
      throw state.failure ?? RPCError(.failedPrecondition, "the call takes no more messages")
    }
    do throws(EncodingFailure) {
      if compressed, compresses {
        try stream.send(message, using: channel.arena, GzipCoder.of(loop).deflater) {}
      } else {
        try stream.send(message, using: channel.arena) {}
      }
    } catch {
      let error = RPCError(.internal, "the request can't be encoded: \(error.reason.rawValue)")
      fail(error)
      throw error
    }
  }

  /// The same for a message that is encoded already; it isn't compressed.
  func send(encoded message: [UInt8]) throws(RPCError) {
    guard !state.hasEnded, state.isSending, let stream else {
      throw state.failure ?? RPCError(.failedPrecondition, "the call takes no more messages")
    }
    stream.send(encoded: message, nil)
  }

  func waitUntilWritable() async throws(RPCError) {
    while stream?.mustAwaitWritable() ?? false {
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
    try await receive(reading: decodePlain)
  }

  /// The same with what `read` makes of the bytes of the message, which are valid only during it.
  func receive<Value>(
    reading read: (UnsafeRawBufferPointer) throws(RPCError) -> Value
  ) async throws(RPCError) -> Value? {
    while true {
      switch responses.front() {
      case .message(let count): return try take(count, read)
      case .refused(let refusal): throw error(for: refusal)
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
      throw RPCError(.unimplemented, "the response has no message")
    }
    if try await receive(type) != nil {
      let error = RPCError(.unimplemented, "the response has more than one message")
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

  private func take<Value>(
    _ count: Int, _ read: (UnsafeRawBufferPointer) throws(RPCError) -> Value
  ) throws(RPCError) -> Value {
    isResponseCompressed = responses.isFrontCompressed
    let result: Result<Value, RPCError>
    do throws(RPCError) {
      result = .success(try plain(responses.message(count: count), read))
    } catch {
      result = .failure(error)
    }
    giveCredit(responses.remove(count: count))
    if case .failure(let error) = result { fail(error) }
    return try result.get()
  }

  private func plain<Value>(
    _ bytes: UnsafeRawBufferPointer,
    _ read: (UnsafeRawBufferPointer) throws(RPCError) -> Value
  ) throws(RPCError) -> Value {
    guard isResponseCompressed else { return try read(bytes) }
    return try GzipCoder.of(loop).inflater.withDecompressed(bytes, limit: responses.limit, read)
  }

  private func decodePlain<M: Message>(_ bytes: UnsafeRawBufferPointer) throws(RPCError) -> M {
    do throws(DecodingFailure) {
      return try M.decode(bytes, using: channel.arena)
    } catch {
      throw RPCError(.internal, "the response can't be decoded: \(error)")
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
