import API
import Messages
import RPC
import Store
import Testing

@testable import Calls
@testable import Numbers

/// Events in the form in which they go to clients: slot by slot, whole, in part, and damaged.
@Suite struct LockFeedTests {
  let forms: [NumberForm]

  init() throws {
    forms = try BookFixture("A{serial:6}").book.forms(of: "shop")
  }

  /// A chunk of `count` events from sequence 1,001 on: one in four generates, which isn't shown, the
  /// others allocate or complete, for two holders in turn.
  func chunk(_ count: Int, edition: Int32 = 0, damage: Int? = nil) -> FeedChunk {
    var fixture = EventFixture()
    for index in 0..<count {
      let kinds: [Numbers.NumberEvent.Kind] = [.generated, .allocated, .allocated, .completed]
      var event = Numbers.NumberEvent(kind: kinds[index % 4], time: Int64(index))
      if event.kind.hasCaller {
        event.caller = Caller(principal: "", holder: index % 8 < 4 ? "a" : "b")
      }
      event.edition = edition
      event.serial = Int64(index + 1)
      event.last = event.serial
      fixture.append(event)
    }
    let bytes = damage.map { Array(fixture.bytes.prefix($0)) } ?? fixture.bytes
    return FeedChunk(
      first: 1_001, last: 1_000 + Int64(count), time: Timestamp(microseconds: 0), payload: bytes)
  }

  func feed(_ filter: LockFilter = LockFilter(), forms: [NumberForm]? = nil) -> LockFeed {
    let forms = forms ?? self.forms
    return LockFeed(
      business: "shop", incarnation: 77, filter: filter, forms: forms, newForms: { forms })
  }

  func cursor(at sequence: Int64) -> String { "c\(sequence)" }

  func slots(_ chunk: FeedChunk) throws -> [WatchSlot<LockFeed>] {
    let view = WatchView(chunk, feed())
    var slots: [WatchSlot<LockFeed>] = []
    while let slot = try view.slot(slots.count, feed(), cursor) { slots.append(slot) }
    return slots
  }

  func decoded(_ message: EncodedMessage<WatchLocksResponse>?) throws -> WatchLocksResponse {
    try WatchLocksResponse(decoding: try #require(message).bytes)
  }

  @Test(arguments: [(1, 1), (256, 1), (257, 2), (1_000, 4)])
  func aChunkIsCutIntoSlots(_ count: Int, _ expected: Int) throws {
    let slots = try slots(chunk(count))
    #expect(slots.count == expected && slots.last?.last == 1_000 + Int64(count))
    var shown: [Int64] = []
    for slot in slots {
      let response = try WatchLocksResponse(decoding: slot.bytes)
      #expect(response.cursor == "c\(slot.last)" && !response.progress)
      #expect(response.events.map(\.sequence) == slot.entries.map(\.sequence))
      shown += response.events.map(\.sequence)
    }
    #expect(shown == (1_001...1_000 + Int64(count)).filter { ($0 - 1_001) % 4 != 0 })
  }

  /// Parts of a response are what they are in the whole, with the same cursor.
  @Test(
    arguments: [
      ("", [], 0), ("a", [], 0), ("b", [.live], 0), ("", [.completed], 0), ("", [], 1_100),
      ("b", [.completed, .released], 1_200),
    ] as [(String, [MarkState?], Int64)])
  func aPartHasWhatIsWanted(_ holder: String, _ states: [MarkState?], _ position: Int64) throws {
    let filter = try LockFilter(holder: holder, states: states)
    let slot = try #require(try slots(chunk(256)).first)
    let whole = try decoded(slot.response(after: 0, for: feed()))
    let part = try decoded(slot.response(after: position, for: feed(filter)))
    let wanted = whole.events.filter { event in
      event.sequence > position && filter.wants(holder: event.lock?.holder ?? "")
        && filter.wants(event.kind == .completed ? .completed : .live)
    }
    #expect(!wanted.isEmpty && part.events == wanted && part.cursor == whole.cursor)
    #expect(slot.response(after: slot.last, for: feed(filter)) == nil)
    let nobody = try LockFilter(holder: "nobody", states: [])
    #expect(slot.response(after: 0, for: feed(nobody)) == nil)
  }

  /// The pool got another template after the forms were asked for: with the new ones it goes on.
  @Test func anEventOfALaterTemplateWaitsForItsForm() throws {
    let view = WatchView(chunk(300, edition: 1), feed())
    let renewed = feed(forms: forms + forms)
    #expect(throws: WatchProblem.outdated) { try view.slot(0, feed(), cursor) }
    let slot = try #require(try view.slot(0, renewed, cursor))
    #expect(slot.last == 1_256)
    #expect(throws: WatchProblem.outdated) { try view.slot(1, feed(), cursor) }
    #expect(try view.slot(1, renewed, cursor)?.last == 1_300)
  }

  @Test func damageIsSaidSo() {
    for length in [0, 1, 5, 40] {
      #expect(throws: WatchProblem.damaged) {
        try slots(chunk(100, damage: length))
      }
    }
  }
}
