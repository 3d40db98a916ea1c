internal import EventLoop
internal import HTTP2
internal import Messages
internal import Synchronization

extension ServerCall {
  /// The only message of the request.
  func takeRequest<M: Message>(_ type: M.Type) throws(RPCError) -> M {
    guard case .message(let count) = try nextRequest() else {
      throw RPCError(.internal, "the request is not exactly one message")
    }
    return try decodeRequest(count: count)
  }

  /// Lets `attempt` answer the request; false, and nothing has happened, if it doesn't or the request
  /// can't be decoded.
  func answerAtOnce<Request: Message, Response: Message>(
    _ attempt: Router.Attempt<Request, Response>
  ) -> Bool {
    guard failure == nil, case .message(let count) = requests.front(),
      !requests.isFrontCompressed
    else { return false }
    let request: Request
    do throws(DecodingFailure) {
      request = try Request.decode(requests.message(count: count), using: shared.arena)
    } catch {
      return false
    }
    var isAnswered = false
    attempt(request, ServerContext(call: self)) { response in
      assert(!isAnswered, "a call has one answer")
      isAnswered = true
      removeRequest(count: count)
      handlerReturned(response)
    }
    return isAnswered
  }

  /// Whether the server stops before the client has said that it sends no more.
  private var isCutShort: Bool {
    !state.isRequestEnded && stream?.connection.isStopping ?? false
  }

  /// The next message of the request, nil after the last. From any thread.
  func receive<M: Message>(_ type: M.Type) async throws(RPCError) -> M? {
    guard loop.isCurrent else {
      return try await loop.call { () throws(RPCError) in try await self.receive(type) }
    }
    while true {
      let next = try nextRequest()
      if isCutShort { throw .serverStopping }
      switch next {
      case .message(let count): return try decodeRequest(count: count)
      case .ended: return nil
      case .notYet:
        giveCredit(requests.creditIncomplete())
        await readerWaiter.wait(on: loop)
        if Task.isCancelled, failure == nil { throw .cancelled }
      }
    }
  }

  // Not generic: to make a generic enum would cost a call of the runtime for each message.
  private enum NextRequest {
    case message(count: Int)
    case notYet
    case ended
  }

  private func nextRequest() throws(RPCError) -> NextRequest {
    if let failure { throw failure }
    switch requests.front() {
    case .message(let count): return .message(count: count)
    case .incomplete:
      guard state.isRequestEnded else { return .notYet }
      guard requests.isEmpty else {
        throw RPCError(.internal, "the request ends within a message")
      }
      return .ended
    case .refused:
      throw RPCError(.internal, "a message of the request was refused")
    }
  }

  private func decodeRequest<M: Message>(count: Int) throws(RPCError) -> M {
    // Whatever becomes of it, the message leaves the queue.
    defer { removeRequest(count: count) }
    let bytes = requests.message(count: count)
    let isCompressed = requests.isFrontCompressed
    isRequestCompressed.store(isCompressed, ordering: .relaxed)
    return try isCompressed ? decompress(bytes) : decode(bytes)
  }

  private func decode<M: Message>(_ bytes: UnsafeRawBufferPointer) throws(RPCError) -> M {
    do throws(DecodingFailure) {
      return try M.decode(bytes, using: shared.arena)
    } catch {
      throw RPCError(malformed: error)
    }
  }

  private func decompress<M: Message>(_ bytes: UnsafeRawBufferPointer) throws(RPCError) -> M {
    try GzipCoder.of(loop).inflater.withDecompressed(bytes, limit: requests.limit) {
      (whole) throws(RPCError) in try decode(whole)
    }
  }
}
