public import Messages

/// A call that ended with a status other than OK: what a handler throws and a client catches.
public struct RPCError: Error, Sendable {
  /// The status.
  public var code: StatusCode
  /// A sentence for a person. It is sent to the client.
  public var message: String
  /// What a program may act on, as in `google.rpc.Status`: `ErrorInfo`, `BadRequest`, `RetryInfo`, or
  /// any other message; one whose type a client doesn't know is left packed in its `Any`.
  public var details: [any Message]
  /// Metadata sent with the status.
  public var trailers: Metadata

  /// An error with its code and a sentence for a person.
  public init(
    _ code: StatusCode, _ message: String, details: [any Message] = [],
    trailers: Metadata = Metadata()
  ) {
    self.code = code
    self.message = message
    self.details = details
    self.trailers = trailers
  }
}

extension RPCError: CustomStringConvertible {
  /// The code's name and the message.
  public var description: String { message.isEmpty ? "\(code)" : "\(code): \(message)" }
}

extension RPCError {
  /// The call was cancelled by its client, or the connection was lost.
  static let cancelled = RPCError(.cancelled, "the call was cancelled")
  /// The server is about to stop: the call ended, or wasn't begun, before its time. The same may be asked of
  /// another server, or of this one when it is there again.
  public static let serverStopping = RPCError(
    .unavailable, reason: "SERVER_STOPPING", "the server is stopping")
  /// The call's deadline has passed.
  static let deadlineExceeded = RPCError(.deadlineExceeded, "the deadline has passed")
}
