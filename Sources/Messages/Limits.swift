/// The limits of this module.
public enum Limits {
  /// How deep messages may lie within messages, the outermost counting 1. Ours go to 5 or so;
  /// protobuf-c takes about 1 KB of stack for each, and a loop's thread has to carry it.
  public static let nesting = 64

  /// What one message may take in memory unless the owner of the arena says otherwise: four times
  /// the 4 MiB that gRPC allows for a message on the wire.
  public static let arena = 16 << 20

  /// What a decoding or encoding with an arena of its own may use. Generous: such calls are for
  /// tests, tools and details of errors, not for input of unknown size.
  public static let ownArena = 64 << 20

  /// The most that an arena may be given: protobuf-c counts lengths in 32 bits.
  public static let largestArena = 1 << 30

  /// What a byte of protobuf-c's structs becomes on the wire at most. The worst is a negative number in a list
  /// that isn't packed: four bytes become ten, behind a tag of five.
  static let wireGrowth = 4

  /// A message whose structs take no more than this is written before its size is known, into what
  /// the arena keeps anyway.
  static let smallMessage = 1 << 10

  /// What an arena keeps between calls; what a call needs beyond is given back.
  public static let arenaKeeps = 16 << 10

  /// The most bytes of one encoded message: protobuf's own limit.
  public static let messageBytes = Int(Int32.max)

  /// The most characters of a failure's path to its field: it travels in trailers.
  public static let fieldPath = 256
}
