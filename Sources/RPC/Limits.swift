/// The limits of this module that aren't settings.
enum Limits {
  /// Bytes before each message: a flag and a length.
  static let messagePrefix = 5

  /// A receive buffer above this isn't kept for the next call: most messages are far smaller, and a
  /// pool of large buffers would hold what a few large calls once needed.
  static let pooledBufferBytes = 4 * 1024

  /// What a loop keeps of the memory in which messages are compressed and decompressed.
  static let pooledScratchBytes = 64 * 1024

  /// zlib's level for what is sent. On lists of numbers and on text the results of 1 and 6 have the same
  /// size within a few percent, and 6 takes two to three times as long.
  static let compressionLevel: Int32 = 1

  /// Calls kept for reuse on a loop: above any usual number of calls in flight on one.
  static let pooledCalls = 1024

  /// Memory that a message decoded by a client may take.
  static let clientDecodedBytes = 64 << 20

  /// The longest `grpc-message` sent; longer ones are cut. Peers limit the size of trailers (8 KiB is
  /// usual), and an encoded byte takes up to three.
  static let statusMessageBytes = 2048

  /// The longest time to the next attempt that a client is told: clients read milliseconds of 32 bits.
  static let retryPushbackSeconds: Int64 = 2_000_000

  /// The longest `grpc-status-details-bin` sent before encoding; longer details are left out.
  static let statusDetailsBytes = 4096
}
