/// How a client makes a call.
public struct CallOptions: Sendable {
  /// How long the client waits; nil for as long as it takes.
  public var timeout: Duration?
  /// What is sent beside the request.
  public var metadata: Metadata
  /// Bytes of one message received at most, when decompressed.
  public var receiveMessageBytes = 4 << 20
  /// How the messages of the request are compressed where that makes them smaller. A client can't know
  /// beforehand whether its server takes them: one that doesn't answers UNIMPLEMENTED.
  public var compression = Compression.identity

  /// Options; by default no time limit and no metadata.
  public init(timeout: Duration? = nil, metadata: Metadata = Metadata()) {
    self.timeout = timeout
    self.metadata = metadata
  }
}
