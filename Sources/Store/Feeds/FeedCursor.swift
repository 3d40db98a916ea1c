/// A place in a feed as text that says nothing to its bearer: version, incarnation of the store, a
/// hash of the feed's name, sequence of the last message seen, a check sum; all in hexadecimal.
struct FeedCursor: Equatable {
  /// Of the store.
  let incarnation: UInt64
  let feed: FeedKey
  /// The last message seen; 0: none.
  let sequence: Int64

  private static let version = "1"
  private static let shape = (incarnation: 16, feed: 8, check: 8)
  /// As 2^63 in hexadecimal.
  private static let longestSequence = 16

  var text: String {
    let body =
      Self.version + Self.hex(incarnation, digits: Self.shape.incarnation)
      + Self.hex(UInt64(Self.mark(of: feed)), digits: Self.shape.feed)
      + String(sequence, radix: 16)
    return body + Self.hex(UInt64(Self.check(body)), digits: Self.shape.check)
  }

  /// The sequence that a cursor of this feed names.
  static func sequence(
    in text: String, of feed: FeedKey, incarnation: UInt64
  ) throws(CursorRefusal) -> Int64 {
    let most = 1 + shape.incarnation + shape.feed + longestSequence + shape.check
    guard text.utf8.count <= most, text.utf8.allSatisfy(isDigit) else { throw .invalid }
    var rest = text.dropLast(shape.check)
    let check = UInt32(text.suffix(shape.check), radix: 16)
    guard check == Self.check(String(rest)), rest.hasPrefix(version) else { throw .invalid }
    rest = rest.dropFirst()
    guard let store = UInt64(rest.prefix(shape.incarnation), radix: 16) else { throw .invalid }
    rest = rest.dropFirst(shape.incarnation)
    guard let mark = UInt32(rest.prefix(shape.feed), radix: 16) else { throw .invalid }
    guard let sequence = Int64(rest.dropFirst(shape.feed), radix: 16) else { throw .invalid }
    guard store == incarnation, mark == Self.mark(of: feed) else { throw .foreign }
    return sequence
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private static func mark(of feed: FeedKey) -> UInt32 {
    UInt32(truncatingIfNeeded: SipHash(key0: 0, key1: 0).hash(feed.business, feed.kind))
  }

  /// Tells a cursor that was cut or altered; it is no secret.
  private static func check(_ text: String) -> UInt32 {
    UInt32(truncatingIfNeeded: SipHash(key0: 1, key1: 0).hash(text))
  }

  private static func hex(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
