/// What a server takes from its clients at most.
public struct ServerLimits: Sendable {
  /// Bytes of one message received. 4 MiB is what gRPC servers take by default.
  public var receiveMessageBytes = 4 << 20
  /// Bytes of a request's metadata, keys and values.
  public var metadataBytes = 16 << 10
  /// Handlers that run for one connection at a time. A reset call counts until its handler has
  /// returned, so opening and resetting calls doesn't get a client more than this.
  public var handlersPerConnection = 1024
  /// Handlers that run on one loop at a time, counted in the same way.
  public var handlersPerLoop = 10_000
  /// Bytes of a connection's requests that wait for their reader or their rest: otherwise a client
  /// could leave as many large messages unfinished, or full windows unread, as it may have streams.
  /// The call whose bytes pass it is refused.
  public var requestBytesPerConnection = 64 << 20
  /// Bytes of the requests on a loop, counted in the same way.
  public var requestBytesPerLoop = 512 << 20
  /// Bytes of a connection's responses that its client hasn't read: no call begins above it. Streams
  /// of responses wait long before; this is for answers that are given at once.
  public var responseBytesPerConnection = 16 << 20
  /// Bytes that a decoded message may take in memory.
  public var decodedBytes = 32 << 20

  /// The default limits.
  public init() {}
}
