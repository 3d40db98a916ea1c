import Testing

@testable import Store

/// The tables at the heads of `FeedTail` and `FeedCursor`, row by row.
@Suite struct FeedTailTests {
  static func chunk(_ first: Int64, _ last: Int64) -> FeedChunk {
    FeedChunk(first: first, last: last, time: Timestamp(microseconds: 0), payload: [1])
  }

  /// Messages 3 to 20 are kept, 11 to 20 of them are in memory, in chunks of 2.
  static func tail() -> FeedTail {
    var tail = FeedTail()
    tail.loaded(FeedBounds(head: 10, oldest: 3))
    for first in stride(from: Int64(11), through: 19, by: 2) {
      tail.append(chunk(first, first + 1), isFollowed: true)
    }
    return tail
  }

  static func chunks(from first: Int64) -> FeedTail.Finding {
    .chunks(stride(from: first, through: 19, by: 2).map { chunk($0, $0 + 1) })
  }

  @Test(
    arguments: [
      (21, .refused(.ahead(head: 20))), (20, .head), (19, chunks(from: 19)),
      (18, chunks(from: 19)), (17, chunks(from: 17)), (11, chunks(from: 11)),
      (10, chunks(from: 11)), (9, .store), (2, .store), (1, .refused(.tooOld(oldest: 3))),
      (0, .refused(.tooOld(oldest: 3))), (.max, .refused(.ahead(head: 20))),
    ] as [(Int64, FeedTail.Finding)])
  func whatAReaderFinds(_ position: Int64, _ finding: FeedTail.Finding) {
    #expect(Self.tail().find(after: position) == finding)
  }

  @Test func whatIsInMemoryEndsAtTheHeadWithoutAGap() {
    var tail = Self.tail()
    #expect(tail.cost == 5 * Self.chunk(1, 2).cost)
    tail.dropFirst()
    #expect(tail.firstLast == 14 && tail.find(after: 11) == .store)
    // One wasn't seen: a recovery found it committed.
    tail.append(Self.chunk(22, 22), isFollowed: true)
    #expect(tail.find(after: 20) == .store && tail.find(after: 21) == .chunks([Self.chunk(22, 22)]))
    #expect(tail.cost == Self.chunk(22, 22).cost)
    var recovered = tail
    recovered.loaded(FeedBounds(head: 25, oldest: 3))
    #expect(recovered.find(after: 21) == .store && recovered.find(after: 24) == .store)
    tail.append(Self.chunk(23, 23), isFollowed: false)
    #expect(tail.bounds.head == 23)
    tail.clear()
    #expect(tail.find(after: 22) == .store && tail.find(after: 23) == .head && tail.cost == 0)
    tail.loaded(FeedBounds(head: 30, oldest: 24))
    #expect(tail.find(after: 23) == .store && tail.find(after: 22) == .refused(.tooOld(oldest: 24)))
  }

  @Test func anEmptyFeedHasAHead() {
    let tail = FeedTail()
    #expect(tail.find(after: 0) == .head && tail.find(after: 1) == .refused(.ahead(head: 0)))
  }

  @Test func aStepIsBounded() {
    var tail = FeedTail()
    let size = Int64(FeedLimits.stepMessages / 2)
    for number in 0..<10 as Range<Int64> {
      tail.append(Self.chunk(number * size + 1, (number + 1) * size), isFollowed: true)
    }
    guard case .chunks(let chunks) = tail.find(after: 1) else {
      Issue.record("no chunks")
      return
    }
    #expect(chunks.map(\.first) == [1, size + 1])
  }

  static let feed = FeedKey(business: "shop", kind: "orders")

  @Test(arguments: [0, 1, 15, 16, 1 << 40, .max] as [Int64])
  func aCursorNamesItsPlace(_ sequence: Int64) throws {
    let text = FeedCursor(incarnation: 0xfedc, feed: Self.feed, sequence: sequence).text
    #expect(
      try FeedCursor.sequence(in: text, of: Self.feed, incarnation: 0xfedc) == sequence)
    #expect(throws: CursorRefusal.foreign) {
      try FeedCursor.sequence(in: text, of: Self.feed, incarnation: 0xfedd)
    }
    for other in [
      FeedKey(business: "shop", kind: "order"), FeedKey(business: "shopo", kind: "rders"),
    ] {
      #expect(throws: CursorRefusal.foreign) {
        try FeedCursor.sequence(in: text, of: other, incarnation: 0xfedc)
      }
    }
  }

  /// Each prefix, each character changed, and what was never one.
  @Test func whatWasNotGivenOutIsInvalid() {
    let text = FeedCursor(incarnation: 7, feed: Self.feed, sequence: 1_234).text
    var wrong = (0..<text.count).map { String(text.prefix($0)) }
    for index in text.indices {
      for other in ["0", "f", "A", "é", "\0"] where String(text[index]) != other {
        wrong.append(text.replacingCharacters(in: index, with: other))
      }
    }
    wrong += [
      text + "0", "0" + text, "-1", String(repeating: "0", count: 10_000), text.uppercased(),
    ]
    for cursor in wrong where cursor != text {
      #expect(throws: CursorRefusal.invalid) {
        try FeedCursor.sequence(in: cursor, of: Self.feed, incarnation: 7)
      }
    }
  }
}

extension String {
  fileprivate func replacingCharacters(in index: Index, with other: String) -> String {
    String(self[..<index]) + other + String(self[self.index(after: index)...])
  }
}
