internal import Messages
internal import RPC

/// Neighbouring events of a feed as one response, of which parts can be taken.
struct WatchSlot<Feed: WatchedFeed>: Sendable {
  /// An event, and where the response has it.
  struct Entry: Sendable {
    let sequence: Int64
    let key: Feed.Key
    let facts: Feed.Facts
    let bytes: Range<Int>
  }

  /// The last of its messages, those counted that are no events.
  let last: Int64
  /// The events, in order.
  let entries: [Entry]
  /// The response with all of them, and behind them the cursor after `last`.
  let bytes: [UInt8]

  /// A slot that ends with `last`, of which `cursor` is the end of each response.
  init(
    _ events: [WatchedEvent<Feed.Event, Feed.Key, Feed.Facts>], through last: Int64,
    cursor: [UInt8]
  ) throws(EncodingFailure) {
    let arena = Arena(limit: Limits.ownArena)
    var bytes: [UInt8] = []
    var entries: [Entry] = []
    entries.reserveCapacity(events.count)
    for event in events {
      let start = bytes.count
      bytes.appendField(1, try event.message.encoded(using: arena))
      entries.append(
        Entry(
          sequence: event.sequence, key: event.key, facts: event.facts, bytes: start..<bytes.count))
    }
    self.last = last
    self.entries = entries
    self.bytes = bytes + cursor
  }

  /// The events after `position` that are wanted, with the cursor after them all; nil: none.
  func response(after position: Int64, for feed: Feed) -> EncodedMessage<Feed.Response>? {
    guard let first = entries.first, let end = entries.last?.bytes.upperBound else { return nil }
    if feed.takesAll, first.sequence > position { return EncodedMessage(bytes: bytes) }
    let wanted = entries.filter { entry in
      entry.sequence > position && feed.follows(entry.facts) && feed.shows(entry.facts)
    }
    guard !wanted.isEmpty else { return nil }
    if wanted.count == entries.count { return EncodedMessage(bytes: bytes) }
    let cursor = bytes[end...]
    var part: [UInt8] = []
    part.reserveCapacity(wanted.reduce(cursor.count) { $0 + $1.bytes.count })
    for entry in wanted { part.append(contentsOf: bytes[entry.bytes]) }
    part.append(contentsOf: cursor)
    return EncodedMessage(bytes: part)
  }
}

extension [UInt8] {
  /// A field with a message in it, as protobuf writes it: its number with the wire type 2, the length with
  /// 7 bits a byte, the lowest first, then the message. `number` is below 16.
  fileprivate mutating func appendField(_ number: UInt8, _ message: [UInt8]) {
    append(number << 3 | 2)
    var length = message.count
    while length >= 0x80 {
      append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    append(UInt8(truncatingIfNeeded: length))
    append(contentsOf: message)
  }
}
