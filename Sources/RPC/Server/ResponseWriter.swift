internal import EventLoop
internal import HTTP2
public import Messages

/// Where a handler writes the messages of its response.
public struct ResponseWriter<Element: Message>: Sendable {
  let call: ServerCall

  /// Sends a message; waits while more is queued than the client takes. Throws when the call is
  /// cancelled or its deadline has passed. Where `ServerContext.setCompression` has the messages
  /// compressed, `compressed: false` excepts this one.
  ///
  /// It stays on its caller's executor: two switches a message would cost more than the message.
  public nonisolated(nonsending) func write(
    _ message: Element, compressed: Bool = true
  ) async throws(RPCError) {
    guard call.loop.isCurrent else {
      return try await call.loop.call { () throws(RPCError) in
        try await write(message, compressed: compressed)
      }
    }
    try call.send(message, compressed: compressed)
    try await awaitWritable()
  }

  /// The same for a message that is encoded already.
  public nonisolated(nonsending) func write(
    _ message: EncodedMessage<Element>, compressed: Bool = true
  ) async throws(RPCError) {
    guard call.loop.isCurrent else {
      return try await call.loop.call { () throws(RPCError) in
        try await write(message, compressed: compressed)
      }
    }
    try call.send(encoded: message.bytes, compressed: compressed)
    try await awaitWritable()
  }

  private nonisolated(nonsending) func awaitWritable() async throws(RPCError) {
    while call.stream?.mustAwaitWritable() ?? false {
      await call.writerWaiters.wait(on: call.loop)
      if let failure = call.failure { throw failure }
      if Task.isCancelled { throw .cancelled }
    }
  }

  /// Sends the initial metadata now, not with the first message.
  public nonisolated(nonsending) func writeHeaders() async throws(RPCError) {
    guard call.loop.isCurrent else {
      return try await call.loop.call { () throws(RPCError) in try await writeHeaders() }
    }
    try call.sendHeadersIfNeeded()
  }
}
