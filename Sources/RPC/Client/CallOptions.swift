/// How a client makes a call.
public struct CallOptions: Sendable {
  /// How long the client waits; nil for as long as it takes.
  public var timeout: Duration?
  /// What is sent beside the request.
  public var metadata: Metadata
  /// Bytes of one message received at most.
  public var receiveMessageBytes = 4 << 20

  /// Options; by default no time limit and no metadata.
  public init(timeout: Duration? = nil, metadata: Metadata = Metadata()) {
    self.timeout = timeout
    self.metadata = metadata
  }
}
