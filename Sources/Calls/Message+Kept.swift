public import Messages

extension Message {
  /// The form in which the store keeps a message: its bytes.
  ///
  /// Encoding fails only where a message needs more than `Limits.ownArena`. What is kept comes from a
  /// request, whose size is limited far below it, so a failure is a mistake of this server; to go on would
  /// keep an empty message in place of what was acknowledged.
  public var keptBytes: [UInt8] {
    do throws(EncodingFailure) {
      return try encoded()
    } catch {
      preconditionFailure("a message to be kept can't be encoded: \(error)")
    }
  }
}
