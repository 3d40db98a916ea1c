/// The limits of a connection. Nothing that a peer can make grow is without one.
public struct HTTP2Limits: Sendable {
  /// Streams that a peer may have open at once (SETTINGS_MAX_CONCURRENT_STREAMS).
  public var concurrentStreams: UInt32 = 1024
  /// Bytes of one header block, 32 added for each field (SETTINGS_MAX_HEADER_LIST_SIZE).
  public var headerListBytes = 16 * 1024
  /// Bytes that a stream may receive ahead of its reader: the stream's flow-control window.
  public var streamWindowBytes: Int32 = 256 * 1024
  /// The connection's flow-control window: bytes that may be under way. It is given back as they come, be
  /// they read or not, so that streams that nobody reads don't stop the others. What waits for its readers
  /// is bounded by the streams' windows, and closer by who keeps it (RPC's `requestBytesPerConnection`).
  public var connectionWindowBytes: Int32 = 1024 * 1024
  /// Time for TLS and the first SETTINGS frame; a peer that only connects is dropped after it.
  public var handshake: Duration = .seconds(10)
  /// Time for a peer to answer that it has read the announcement of a drain; then the drain goes on without
  /// the answer. And the time in which, after that, it has to take something of what is left for it: a peer
  /// that no longer reads doesn't hold up a stop.
  public var drainAnswer: Duration = .seconds(2)
  /// Time for a peer to end a request that has its whole answer; then its stream is reset, so that it doesn't
  /// count as open for ever. It is at once when more of the request comes.
  public var requestEnd: Duration = .seconds(1)
  /// A server sends a PING so often, and drops a peer that hasn't answered by the next: one that is
  /// gone without a word, that stalls within a frame, or that no longer reads.
  public var keepAlive: Duration = .seconds(120)
  /// Connections of a server; one more is closed at once.
  public var connections = 20_000

  /// The default limits.
  public init() {}

  /// A stream's sender suspends when more than this is queued, and goes on at half of it.
  static let highWaterBytes = 64 * 1024
  /// When more than this is queued on all streams of a connection, a stream's sender suspends until
  /// nothing of its own is queued: a peer that opens many streams and reads none holds no more than
  /// this and a message of each. Streams that are read go on.
  static let connectionQueueBytes = 4 * 1024 * 1024
  /// Frames but DATA that a server's connection queues for a peer that doesn't read: above what all its
  /// streams may need at once, each with headers, trailers, RST_STREAM and WINDOW_UPDATE.
  static let queuedFrames = 10_000
  /// What a connection reads in a tick before the others have their turn.
  static let readBytesPerTick = 256 * 1024
  /// What a connection writes in a tick before the others have their turn.
  static let writeBytesPerTick = 512 * 1024
  /// Closed streams that a loop's connections keep for reuse: above any usual number of calls in flight.
  static let restingStreams = 1024
  /// What each of those keeps of its send queue: most answers are smaller.
  static let restingStreamBytes = 1024
  /// Connections accepted in a tick.
  static let acceptsPerTick = 64
}
