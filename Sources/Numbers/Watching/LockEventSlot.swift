internal import API
internal import RPC

/// Neighbouring events of a feed as one response, of which parts can be taken.
struct LockEventSlot: Sendable {
  /// An event that is shown, and where the response has it.
  struct Entry: Sendable {
    let sequence: Int64
    let key: LifeKey
    let state: MarkState
    let holder: String
    let bytes: Range<Int>
  }

  /// The last of its events, those counted that aren't shown.
  let last: Int64
  /// Those that are shown, in order.
  let entries: [Entry]
  /// All of them with the cursor after `last`.
  let whole: EncodedMessage<WatchLocksResponse>

  /// The events after `position` that are wanted, with the cursor after them all; nil: none.
  func response(
    after position: Int64, _ filter: LockFilter
  ) -> EncodedMessage<WatchLocksResponse>? {
    guard let first = entries.first, let end = entries.last?.bytes.upperBound else { return nil }
    if filter.isOpen, first.sequence > position { return whole }
    let wanted = entries.filter { entry in
      entry.sequence > position && filter.wants(holder: entry.holder) && filter.wants(entry.state)
    }
    guard !wanted.isEmpty else { return nil }
    if wanted.count == entries.count { return whole }
    let cursor = whole.bytes[end...]
    var bytes: [UInt8] = []
    bytes.reserveCapacity(wanted.reduce(cursor.count) { $0 + $1.bytes.count })
    for entry in wanted { bytes.append(contentsOf: whole.bytes[entry.bytes]) }
    bytes.append(contentsOf: cursor)
    return EncodedMessage(bytes: bytes)
  }
}
