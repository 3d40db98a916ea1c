/// A feed as its readers see it: what is kept of it, and its newest chunks in memory.
///
/// What a reader that has seen everything up to `position` gets, in this order:
///
/// position                               | it gets
/// ---------------------------------------|---------------------------------------------------
/// above the head                         | refused: ahead
/// the head                               | nothing yet: it waits
/// position + 1 is in the chunks or before the next one | chunks, from the one that holds position + 1
/// position + 1 is before the oldest kept | refused: too old
/// any other                              | a page of the store
///
/// Invariants: the chunks follow one another without a gap and end at the head, or there are none.
struct FeedTail {
  /// What a reader finds after its position.
  enum Finding: Equatable {
    case chunks([FeedChunk])
    case store
    case head
    case refused(CursorRefusal)

    static func == (a: Finding, b: Finding) -> Bool {
      switch (a, b) {
      case (.chunks(let a), .chunks(let b)): a.map(\.first) == b.map(\.first)
      case (.store, .store), (.head, .head): true
      case (.refused(let a), .refused(let b)): a == b
      default: false
      }
    }
  }

  private(set) var bounds = FeedBounds()
  private var chunks = Ring<FeedChunk>()
  /// What the chunks take in memory.
  private(set) var cost = 0

  /// The first chunk's last message.
  var firstLast: Int64? { chunks[0]?.last }

  /// Committed; it is kept in memory if somebody follows the feed.
  mutating func append(_ chunk: FeedChunk, isFollowed: Bool) {
    if chunk.first != bounds.head + 1 { clear() }
    bounds.head = chunk.last
    guard isFollowed else { return }
    chunks.append(chunk)
    cost += chunk.cost
  }

  /// Messages before `oldest` are deleted. In memory they may stay a little longer.
  mutating func pruned(before oldest: Int64) { bounds.oldest = oldest }

  /// What is kept was read again: what is in memory may have a gap before the head.
  mutating func loaded(_ bounds: FeedBounds) {
    clear()
    self.bounds = bounds
  }

  /// Lets go of the oldest chunk in memory.
  mutating func dropFirst() {
    if let dropped = chunks.popFirst() { cost -= dropped.cost }
  }

  /// Lets go of all chunks in memory.
  mutating func clear() {
    chunks = Ring()
    cost = 0
  }

  /// What comes after `position`, bounded.
  func find(after position: Int64) -> Finding {
    if position > bounds.head { return .refused(.ahead(head: bounds.head)) }
    if position == bounds.head { return .head }
    if let first = chunks[0], first.first <= position + 1 {
      return .chunks(slice(after: position))
    }
    if position + 1 < bounds.oldest { return .refused(.tooOld(oldest: bounds.oldest)) }
    return .store
  }

  private func slice(after position: Int64) -> [FeedChunk] {
    var low = 0
    var high = chunks.count
    while low < high {
      let middle = (low + high) / 2
      if let chunk = chunks[middle], chunk.last <= position {
        low = middle + 1
      } else {
        high = middle
      }
    }
    var slice: [FeedChunk] = []
    var messages = 0
    while let chunk = chunks[low], messages < FeedLimits.stepMessages {
      slice.append(chunk)
      messages += chunk.count
      low += 1
    }
    return slice
  }
}
