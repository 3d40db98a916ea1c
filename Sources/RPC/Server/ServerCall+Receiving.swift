internal import EventLoop
internal import HTTP2
internal import Messages

extension ServerCall {
  /// The only message of the request.
  func takeRequest<M: Message>(_ type: M.Type) throws(RPCError) -> M {
    guard case .taken(let message) = try take(type) else {
      throw RPCError(.internal, "the request is not exactly one message")
    }
    return message
  }

  /// Answers with what `attempt` makes of the request; false, and nothing has happened, if it makes
  /// nothing of it or the request can't be decoded.
  func answerAtOnce<Request: Message, Response: Message>(
    _ attempt: (Request, ServerContext) -> Response?
  ) -> Bool {
    guard failure == nil, case .message(let count) = requests.front(),
      let request = try? Request.decode(requests.message(count: count), using: shared.arena),
      let response = attempt(request, ServerContext(call: self))
    else { return false }
    removeRequest(count: count)
    handlerReturned(response)
    return true
  }

  /// The next message of the request, nil after the last. From any thread.
  func receive<M: Message>(_ type: M.Type) async throws(RPCError) -> M? {
    guard loop.isCurrent else {
      return try await loop.call { () throws(RPCError) in try await self.receive(type) }
    }
    while true {
      switch try take(type) {
      case .taken(let message): return message
      case .ended: return nil
      case .notYet:
        giveCredit(requests.creditIncomplete())
        await readerWaiter.wait(on: loop)
        if Task.isCancelled, failure == nil { throw .cancelled }
      }
    }
  }

  private enum Taken<M> {
    case taken(M)
    case notYet
    case ended
  }

  private func take<M: Message>(_ type: M.Type) throws(RPCError) -> Taken<M> {
    if let failure { throw failure }
    switch requests.front() {
    case .message(let count):
      // Whatever becomes of it, the message leaves the queue.
      defer { removeRequest(count: count) }
      do throws(DecodingFailure) {
        return .taken(try M.decode(requests.message(count: count), using: shared.arena))
      } catch {
        throw RPCError(malformed: error)
      }
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
}
