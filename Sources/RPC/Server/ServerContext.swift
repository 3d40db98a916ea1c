public import EventLoop
public import HTTP2
public import Messages
internal import Synchronization

/// What a handler knows of its call, and what it may add to the response beside its messages.
///
/// The handler runs on `loop`, and its task is cancelled when the client cancels, the connection is
/// lost or the deadline passes; `withTaskCancellationHandler` tells of it at once.
public struct ServerContext: Sendable {
  let call: ServerCall

  /// The request's metadata.
  public var metadata: Metadata { call.metadata }

  /// The method's full name, e.g. `orderwire.v1.AllocationService/Allocate`.
  public var method: String {
    guard let method = call.method else { return "" }
    return "\(method.service)/\(method.name)"
  }

  /// Whether the message of the request that was taken last came compressed.
  public var isRequestCompressed: Bool { call.isRequestCompressed.load(ordering: .relaxed) }

  /// Who calls.
  public var peer: PeerInfo? { call.peer }

  /// When the client stops waiting, if it said so.
  public var deadline: MonotonicTime? { call.deadline }

  /// Whether the answer is wanted no more.
  public var isCancelled: Bool { call.isCancelled.load(ordering: .relaxed) }

  /// The loop that the call lives on.
  public var loop: Loop { call.loop }

  /// Runs `body` on the call's loop soon. Any thread.
  public func onLoop(_ body: @escaping @Sendable () -> Void) { call.loop.execute(body) }

  /// Runs `body` in a task on the call's loop, at once as far as it doesn't wait. Loop only.
  public func startTask(_ body: @escaping @Sendable () async -> Void) {
    Task.immediate(executorPreference: call.loop) { await body() }
  }

  /// The call's loop's own instance of `Value`, made at its first use. Loop only.
  public func local<Value: AnyObject>(_ make: () -> Value) -> Value { call.loop.local(make) }

  /// Gives `body` the bytes of a message, valid only during the call. It is encoded in memory that the
  /// loop's calls share, which costs less than an array of its own. Loop only.
  public func withEncoded<Result>(
    _ message: some Message, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(EncodingFailure) -> Result {
    try message.withEncoded(using: call.shared.arena, body)
  }

  /// Suspends the handler for `duration`. Throws when the call is cancelled or its deadline passes.
  public func sleep(for duration: Duration) async throws(RPCError) {
    guard call.loop.isCurrent else {
      return try await call.loop.call { () throws(RPCError) in try await sleep(for: duration) }
    }
    do throws(CancellationError) {
      try await call.loop.sleep(for: duration)
    } catch {
      throw call.failure ?? .cancelled
    }
  }

  /// Sets the metadata that goes out before the first message; without effect after it.
  public func setInitialMetadata(_ metadata: Metadata) {
    call.responseMetadata.setInitial(metadata)
  }

  /// Has the response's messages compressed, unless the client doesn't take gzip, or a message
  /// wouldn't become smaller. By default they aren't: it costs more time than most networks save.
  /// Without effect after the first message; `ResponseWriter` can except single ones, as it should
  /// those that join secrets with what an attacker may choose (BREACH).
  public func setCompression(_ compression: Compression) {
    call.compressesResponses.store(compression == .gzip, ordering: .relaxed)
  }

  /// Sets the metadata that goes out with the status.
  public func setTrailingMetadata(_ metadata: Metadata) {
    call.responseMetadata.setTrailing(metadata)
  }
}
