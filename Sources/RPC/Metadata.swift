internal import HTTP2

/// What travels beside the messages of a call: an ordered list of keys and values, the same key as
/// often as one likes. Keys are lower case; the value of a key that ends in `-bin` is bytes, that of
/// any other printable ASCII.
///
/// Received metadata keeps what others make of that: text may have any character that HTTP allows. A call
/// whose `-bin` values aren't Base64 is refused, as grpc-go and gRPC C++ do, but here with INVALID_ARGUMENT and
/// the key; those of a response are left out when they are asked for. Keys of the protocol's own
/// aren't in it, but for `grpc-trace-bin` and `grpc-tags-bin`, and `grpc-previous-rpc-attempts` and
/// `grpc-retry-pushback-ms`.
///
/// Kept as it goes over the wire, in one piece of memory, and decoded when it is asked for: most
/// calls' metadata is never looked at.
public struct Metadata: Sendable {
  /// Why a key or value can't be metadata.
  public enum Invalid: Error, Sendable, Hashable {
    /// The key is empty, too long, or has a character other than `0-9 a-z _ - .`
    case key(String)
    /// The key belongs to the protocol: `grpc-…`, `:…`, `content-type`, `te` and others.
    case reserved(String)
    /// The value has a character other than printable ASCII; the key is named.
    case value(String)
    /// The key is for the other kind of value: bytes go with `-bin`, text without.
    case kind(String)
  }

  /// Entries one after the other: key length and value length, two and four bytes, key, value.
  private var storage: [UInt8] = []
  /// How many entries there are.
  public private(set) var count = 0

  private static let entryHeader = 6
  private static let maximumKeyBytes = 256

  /// No entries.
  public init() {}

  /// Whether there are no entries.
  public var isEmpty: Bool { count == 0 }

  /// The bytes of all keys and values as they go over the wire.
  public var wireBytes: Int { storage.count - count * Self.entryHeader }

  /// Appends a text value.
  public mutating func append(_ key: String, _ value: String) throws(Invalid) {
    try Self.check(key, isBinary: false)
    for byte in value.utf8 where !(0x20...0x7E).contains(byte) { throw .value(key) }
    // Space at the ends wouldn't survive: HTTP doesn't count it to the value.
    if value.utf8.first == 0x20 || value.utf8.last == 0x20 { throw .value(key) }
    appendEntry(Array(key.utf8), Array(value.utf8))
  }

  /// Appends a value of bytes; the key ends in `-bin`.
  public mutating func append(_ key: String, bytes: some Collection<UInt8>) throws(Invalid) {
    try Self.check(key, isBinary: true)
    appendEntry(Array(key.utf8), Base64.encode(bytes))
  }

  /// Appends all entries of `other`.
  public mutating func append(_ other: Metadata) {
    storage += other.storage
    count += other.count
  }

  /// The first text value of `key`.
  public subscript(_ key: String) -> String? { values(key).first }

  /// All text values of `key`, in order.
  public func values(_ key: String) -> [String] {
    var found: [String] = []
    forEachEntry { name, value in
      if name.elementsEqual(key.utf8) { found.append(String(decoding: value, as: UTF8.self)) }
    }
    return found
  }

  /// All values of `key`, which ends in `-bin`, decoded. A peer may join several in one, with commas.
  /// What isn't Base64, which only a response may have, is left out.
  public func bytes(_ key: String) -> [[UInt8]] {
    var found: [[UInt8]] = []
    forEachEntry { name, value in
      guard name.elementsEqual(key.utf8) else { return }
      for part in Self.parts(of: value) {
        if let decoded = Base64.decode(part.trimmingSpaces()) { found.append(decoded) }
      }
    }
    return found
  }

  /// Whether all that a key for bytes has as its value can be decoded.
  static func isBase64(_ value: UnsafeRawBufferPointer) -> Bool {
    parts(of: value).allSatisfy { Base64.isValid($0.trimmingSpaces()) }
  }

  private static func parts(
    of value: UnsafeRawBufferPointer
  ) -> [Slice<UnsafeRawBufferPointer>] {
    value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
  }

  /// All keys, in order, as often as they occur.
  public var keys: [String] {
    var keys: [String] = []
    forEachEntry { name, _ in keys.append(String(decoding: name, as: UTF8.self)) }
    return keys
  }

  /// Whether a key is the protocol's own and never metadata.
  static func isReserved(_ key: UnsafeRawBufferPointer) -> Bool {
    guard let first = key.first else { return true }
    switch first {
    case UInt8(ascii: ":"): return true
    case UInt8(ascii: "g"): return key.dropping("grpc-") != nil && !isTracing(key)
    case UInt8(ascii: "c"):
      return key.isExactly("content-type") || key.isExactly("content-length")
        || key.isExactly("connection")
    case UInt8(ascii: "t"):
      return key.isExactly("te") || key.isExactly("transfer-encoding")
    case UInt8(ascii: "h"): return key.isExactly("host") || key.isExactly("http2-settings")
    case UInt8(ascii: "k"): return key.isExactly("keep-alive")
    case UInt8(ascii: "p"): return key.isExactly("proxy-connection")
    case UInt8(ascii: "u"): return key.isExactly("upgrade")
    default: return false
    }
  }

  /// Whether a key that was received is given to the application: all that isn't the protocol's own,
  /// and of that what tells of attempts: how many there were before, when to make the next.
  static func isDelivered(_ key: UnsafeRawBufferPointer) -> Bool {
    !isReserved(key) || key.isExactly("grpc-previous-rpc-attempts")
      || key.isExactly("grpc-retry-pushback-ms")
  }

  /// Keys in the protocol's space whose values are for the application's tracing, both ways.
  private static func isTracing(_ key: UnsafeRawBufferPointer) -> Bool {
    key.isExactly("grpc-trace-bin") || key.isExactly("grpc-tags-bin")
  }

  private static func check(_ key: String, isBinary: Bool) throws(Invalid) {
    var key = key
    let problem: Invalid? = key.withUTF8 { utf8 in
      let bytes = UnsafeRawBufferPointer(utf8)
      let text = String(decoding: bytes, as: UTF8.self)
      guard !bytes.isEmpty, bytes.count <= maximumKeyBytes else { return .key(text) }
      if isReserved(bytes) { return .reserved(text) }
      for byte in bytes where !isKeyByte(byte) { return .key(text) }
      return bytes.hasBinarySuffix == isBinary ? nil : .kind(text)
    }
    if let problem { throw problem }
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x61...0x7A: true
    case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }
}

extension Metadata {
  /// What is the caller's own among the fields of a request.
  init(received headers: HeaderList) {
    for index in 0..<headers.count {
      let name = headers.name(at: index)
      if Self.isDelivered(name) { appendReceived(name, headers.value(at: index)) }
    }
  }

  /// Appends a header field as the wire has it; its characters were checked by HTTP2. Space at the
  /// ends isn't counted to the value.
  mutating func appendReceived(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    guard key.count <= UInt16.max, value.count <= UInt32.max else { return }
    if let first = value.first, let last = value.last, first <= 0x20 || last <= 0x20 {
      appendEntry(key, value.trimmingSpaces())
    } else {
      appendEntry(key, value)
    }
  }

  /// Calls `body` with every key and value as they go over the wire.
  func forEachEntry(
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) {
    storage.withUnsafeBytes { bytes in
      var offset = 0
      while offset < bytes.count {
        let keyCount = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        let valueCount = Int(bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt32.self))
        let start = offset + Self.entryHeader
        let middle = start + keyCount
        offset = middle + valueCount
        body(
          UnsafeRawBufferPointer(rebasing: bytes[start..<middle]),
          UnsafeRawBufferPointer(rebasing: bytes[middle..<offset]))
      }
    }
  }

  private mutating func appendEntry(
    _ key: some Collection<UInt8>, _ value: some Collection<UInt8>
  ) {
    withUnsafeBytes(of: UInt16(truncatingIfNeeded: key.count)) { storage.append(contentsOf: $0) }
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: value.count)) { storage.append(contentsOf: $0) }
    storage.append(contentsOf: key)
    storage.append(contentsOf: value)
    count += 1
  }
}

extension UnsafeRawBufferPointer {
  /// Whether this key's values are bytes.
  var hasBinarySuffix: Bool {
    count > 4 && UnsafeRawBufferPointer(rebasing: self[(count - 4)...]).isExactly("-bin")
  }
}

extension Collection<UInt8> where Self: BidirectionalCollection {
  func trimmingSpaces() -> SubSequence {
    let front = drop { $0 == 0x20 || $0 == 0x09 }
    guard let last = front.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return front }
    return front[...last]
  }
}

extension Metadata: Equatable {
  /// Whether both have the same entries in the same order.
  public static func == (left: Metadata, right: Metadata) -> Bool { left.storage == right.storage }
}
