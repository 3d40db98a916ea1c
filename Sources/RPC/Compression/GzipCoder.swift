internal import EventLoop

/// zlib's two states for the messages of a loop, which takes one message after the other and each in
/// one go: so one of each is enough for any number of calls, and their memory is bounded by that.
/// They are made when they are first needed. Confined to its loop.
final class GzipCoder {
  private(set) lazy var inflater = Inflater()
  private(set) lazy var deflater = Deflater()

  /// The coder of `loop`.
  static func of(_ loop: Loop) -> GzipCoder { loop.local { GzipCoder() } }
}
