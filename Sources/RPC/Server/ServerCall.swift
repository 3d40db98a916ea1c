internal import EventLoop
internal import HTTP2
internal import Messages
internal import Synchronization

/// A call on the server: takes what HTTP2 says of its stream, runs the method's handler, and sends
/// what the handler gives. `CallState` decides what may happen when.
// @unchecked: confined to the loop, but for what a handler may look at from elsewhere: that is set
// before the handler starts and doesn't change, or is atomic, or is behind a lock.
final class ServerCall: StreamHandler, @unchecked Sendable {
  let shared: ServerLoop
  var loop: Loop { shared.loop }

  var state = CallState()
  var stream: HTTP2Stream?
  var requests: MessageReader
  let readerWaiter = Waiter()
  let writerWaiters = Waiter()
  private var task: Task<Void, Never>?
  /// Who is told of a cancellation where there is no task.
  private var cancellation: (() -> Void)?
  /// The connection among whose running handlers this one counts.
  private var slot: HTTP2Connection?
  private var deadlineTimer: Timer?
  var compression = CallCompression()
  /// What ended the call before its handler did; the handler's reads and writes throw it.
  var failure: RPCError?

  // What a handler may look at, on any thread.
  private(set) var method: Method?
  /// The request's header fields. The loop only reads them, once they are there.
  private let headers = HeaderList()
  var metadata: Metadata { Metadata(received: headers) }
  private(set) var deadline: MonotonicTime?
  private(set) var peer: PeerInfo?
  let isCancelled = Atomic(false)
  let isRequestCompressed = Atomic(false)
  let compressesResponses = Atomic(false)
  let responseMetadata = ResponseMetadata()

  init(_ shared: ServerLoop) {
    self.shared = shared
    requests = MessageReader(limit: shared.limits.receiveMessageBytes)
  }

  /// Makes this the call of `stream`.
  func begin(_ stream: HTTP2Stream) {
    self.stream = stream
    state = CallState()
    failure = nil
    method = nil
    deadline = nil
    isCancelled.store(false, ordering: .relaxed)
    isRequestCompressed.store(false, ordering: .relaxed)
    compressesResponses.store(false, ordering: .relaxed)
    responseMetadata.removeAll()
  }

  // MARK: What HTTP2 says

  func headersReceived(_ headers: HeaderList, endStream: Bool) {
    self.headers.exchange(with: headers)
    let headers = self.headers
    let head = RequestHead(headers)
    compression = CallCompression(head)
    requests.takesCompressed = compression.request == .gzip
    // First of all, because a list that is too large isn't complete.
    if headers.isTooLarge || isMetadataTooLarge {
      return fail(RPCError(.resourceExhausted, "the metadata is too large"))
    }
    if let notACall = head.notACall { return answerPlainly(notACall) }
    if let flaw = head.flaw { return fail(RPCError(flaw)) }
    guard let method = shared.methods.find(head.path) else {
      let path = String(decoding: head.path.prefix(256), as: UTF8.self)
      return fail(RPCError(.unimplemented, "there is no method \(path)"))
    }
    self.method = method
    if let timeout = head.timeout {
      // Not even the shortest time is left: there is nothing to start.
      guard timeout > .zero else { return fail(.deadlineExceeded) }
      startDeadline(timeout)
    }
    if method.streamsRequests, claimSlot() {
      state.streamingHandlerStarted()
      runHandler(method)
    }
    if endStream { endReceived() }
  }

  private var isMetadataTooLarge: Bool {
    // Looked at closely only if all fields together pass the limit.
    headers.size > shared.limits.metadataBytes
      && metadata.wireBytes > shared.limits.metadataBytes
  }

  func dataReceived(_ bytes: UnsafeRawBufferPointer) {
    guard state.wantsRequest, !state.isRequestEnded else {
      giveCredit(bytes.count)
      return
    }
    requests.append(bytes)
    if let connection = stream?.connection,
      !shared.requestBytesWait(bytes.count, on: connection)
    {
      return fail(RPCError(.resourceExhausted, "too many bytes of requests are waiting"))
    }
    switch requests.front() {
    case .refused(let refusal): fail(error(for: refusal))
    case .message where state.phase == .running: readerWaiter.wakeAll()
    case .message where !requests.holdsExactlyOne: failNotOneMessage()
    case .message, .incomplete:
      // Who waits for the whole of a message gets nowhere without the rest of it.
      if state.phase == .receiving || readerWaiter.isWaiting {
        giveCredit(requests.creditIncomplete())
      }
    }
  }

  func trailersReceived(_ headers: HeaderList) {}

  func endReceived() {
    if state.phase == .receiving, !state.isRequestEnded {
      guard requests.holdsExactlyOne else { return failNotOneMessage() }
      guard claimSlot() else { return }
    }
    switch state.requestEnded() {
    case .startHandler: if let method { runHandler(method) }
    case .wakeReader: readerWaiter.wakeAll()
    case .ignore: break
    }
  }

  func writable() { writerWaiters.wakeAll() }

  /// A call that has its request goes on. One that waits for more of it has no end that could be waited for.
  func connectionStopping() {
    switch state.phase {
    case .receiving: fail(.serverStopping)
    case .running: readerWaiter.wakeAll()
    case .ended, .done: break
    }
  }

  func closed(_ reason: StreamClose) {
    deadlineTimer?.cancel()
    deadlineTimer = nil
    if state.streamClosed() { cancelHandler(.cancelled) }
    drainRequests()
    stream = nil
    releaseIfDone()
  }

  // MARK: The handler

  private func claimSlot() -> Bool {
    if let connection = stream?.connection, shared.handlerMayStart(for: connection) {
      slot = connection
      return true
    }
    fail(RPCError(.resourceExhausted, "too many calls are running or their answers aren't read"))
    return false
  }

  private func runHandler(_ method: Method) {
    peer = stream?.connection.peer
    method.handler.run(self)
  }

  /// Runs the handler in a task of its own.
  func startTask(_ run: @escaping @Sendable (ServerCall) async -> Void) {
    let task = Task.immediate(executorPreference: loop) { await run(self) }
    if state.phase == .running { self.task = task }
    if state.phase == .ended { task.cancel() }
  }

  /// Has `body` called when the handler is cancelled.
  func onCancel(_ body: @escaping () -> Void) {
    switch state.phase {
    case .running: cancellation = body
    case .ended: body()
    case .receiving, .done: break
    }
  }

  /// The handler is done, and `response` is all it has to say.
  func handlerReturned(_ response: some Message) {
    // Whether it is still wanted, and then well sent or not, the status says.
    guard state.canRespond else { return handlerReturned(nil) }
    do throws(RPCError) {
      try send(response)
      handlerReturned(nil)
    } catch {
      handlerReturned(error)
    }
  }

  /// The same of a response that is encoded already.
  func handlerReturned(encoded response: [UInt8]) {
    guard state.canRespond else { return handlerReturned(nil) }
    do throws(RPCError) {
      try send(encoded: response, compressed: true)
      handlerReturned(nil)
    } catch {
      handlerReturned(error)
    }
  }

  /// The handler is done, with `error` or well.
  func handlerReturned(_ error: RPCError?) {
    assert(loop.isCurrent, "a handler's task prefers the loop and comes back to it")
    if let slot { shared.handlerReturned(for: slot) }
    slot = nil
    task = nil
    cancellation = nil
    if state.handlerReturned() { sendStatus(error) }
    releaseIfDone()
  }

  private func cancelHandler(_ error: RPCError) {
    failure = error
    isCancelled.store(true, ordering: .relaxed)
    task?.cancel()
    task = nil
    cancellation.take()?()
    readerWaiter.wakeAll()
    writerWaiters.wakeAll()
  }

  private func releaseIfDone() {
    if state.isReleasable { shared.release(self) }
  }

  // MARK: Ends

  private func startDeadline(_ timeout: Duration) {
    let deadline = loop.now.advanced(by: timeout)
    self.deadline = deadline
    deadlineTimer = loop.schedule(at: deadline) { [unowned self] in
      deadlineTimer = nil
      fail(.deadlineExceeded)
    }
  }

  /// Ends the call in the handler's place.
  func fail(_ error: RPCError) {
    switch state.failed() {
    case .ignore: break
    case .sendStatus: sendStatus(error)
    case .sendStatusAndCancel:
      sendStatus(error)
      cancelHandler(error)
    }
    drainRequests()
  }

  /// The codes are those of gRPC's statuscodes.md.
  private func failNotOneMessage() {
    if requests.isEmpty {
      fail(RPCError(.unimplemented, "the request has no message"))
    } else if case .message = requests.front() {
      fail(RPCError(.unimplemented, "the request has more than one message"))
    } else {
      fail(RPCError(.internal, "the request ends within a message"))
    }
  }

  private func error(for refusal: MessageReader.Refusal) -> RPCError {
    refusal.error(compressed: compression.refusal, limit: requests.limit)
  }

  /// Takes the message of `count` bytes from the queue.
  func removeRequest(count: Int) {
    requestBytesLeft(Limits.messagePrefix + count)
    giveCredit(requests.remove(count: count))
  }

  private func drainRequests() {
    requestBytesLeft(requests.count)
    giveCredit(requests.drain())
  }

  private func requestBytesLeft(_ count: Int) {
    // The queue is empty when the stream is gone.
    if let connection = stream?.connection { shared.requestBytesLeft(count, on: connection) }
  }

  /// Gives flow-control credit back. A function of its own, so that `count` is worked out even when
  /// the stream is gone.
  func giveCredit(_ count: Int) { stream?.consumed(count) }
}
