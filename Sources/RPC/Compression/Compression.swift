/// How messages are compressed: the encodings of gRPC that are known here. Each message says for
/// itself whether it is compressed; the encoding is the call's.
public enum Compression: Sendable, Hashable, CaseIterable {
  /// Not at all.
  case identity
  /// Each message is a gzip file (RFC 1952).
  case gzip

  /// What `grpc-accept-encoding` says from here: the grammar has no spaces in it.
  static let accepted: StaticString = "identity,gzip"

  /// The encoding that `grpc-encoding` names; nil for one that isn't known.
  init?(_ name: UnsafeRawBufferPointer) {
    if name.isExactly("gzip") {
      self = .gzip
    } else if name.isExactly("identity") {
      self = .identity
    } else {
      return nil
    }
  }

  /// Whether a value of `grpc-accept-encoding` has gzip in its list.
  static func listsGzip(_ value: UnsafeRawBufferPointer) -> Bool {
    // What nearly all clients send isn't taken apart on each call: gRPC C++ and what is built on it,
    // and clients of ours.
    if value.isExactly("identity, deflate, gzip") || value.isExactly(accepted) { return true }
    return value.split(separator: UInt8(ascii: ",")).contains { item in
      item.trimmingSpaces().elementsEqual("gzip".utf8)
    }
  }
}
