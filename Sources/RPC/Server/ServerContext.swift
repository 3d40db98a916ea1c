public import EventLoop
public import HTTP2
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

  /// Who calls.
  public var peer: PeerInfo? { call.peer }

  /// When the client stops waiting, if it said so.
  public var deadline: MonotonicTime? { call.deadline }

  /// Whether the answer is wanted no more.
  public var isCancelled: Bool { call.isCancelled.load(ordering: .relaxed) }

  /// The loop that the call lives on.
  public var loop: Loop { call.loop }

  /// Sets the metadata that goes out before the first message; without effect after it.
  public func setInitialMetadata(_ metadata: Metadata) {
    call.responseMetadata.setInitial(metadata)
  }

  /// Sets the metadata that goes out with the status.
  public func setTrailingMetadata(_ metadata: Metadata) {
    call.responseMetadata.setTrailing(metadata)
  }
}
