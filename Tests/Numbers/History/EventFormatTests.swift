import Testing

@testable import Numbers

@Suite struct EventFormatTests {
  private static let me = Caller(principal: "p", holder: "me")

  /// What is stored is read by later versions: it never changes.
  @Test(arguments: [
    (
      NumberEvent(
        kind: .generated, time: 1, edition: 0, period: 2, serial: 1, last: 100, generated: 1),
      [1, 1, 2, 0, 0, 4, 2, 99, 2, 0] as [UInt8]
    ),
    (
      NumberEvent(
        kind: .lapsed, time: 1, edition: 3, period: -1, serial: 5, last: 5, generated: -1,
        previous: 64),
      [1, 2, 2, 0, 6, 1, 10, 0, 1, 128, 1]
    ),
    (
      NumberEvent(
        kind: .allocated, time: 2, caller: me, lease: 7, expires: 12, serial: 1, last: 1,
        generation: 1, generated: 1, previous: 1),
      [1, 3, 4, 0, 1, 112, 2, 109, 101, 14, 1, 20, 0, 0, 0, 2, 1, 2, 2]
    ),
    (
      NumberEvent(
        kind: .reused, time: 2, caller: me, serial: 1, last: 1, generation: 300, generated: 1),
      [1, 4, 4, 0, 1, 112, 2, 109, 101, 0, 0, 0, 0, 0, 2, 172, 2, 2, 0]
    ),
    (
      NumberEvent(kind: .renewed, time: 2, caller: me, lease: 7, expires: 1, previous: 3),
      [1, 5, 4, 0, 1, 112, 2, 109, 101, 14, 1, 1, 6]
    ),
    (
      NumberEvent(
        kind: .released, time: 0, caller: me, lease: 1, serial: 1, last: 1, generation: 1,
        allocated: 4, isRetired: true, reason: "no", previous: 2, renewal: 3),
      [1, 6, 0, 0, 1, 112, 2, 109, 101, 1, 2, 110, 111, 0, 0, 0, 2, 1, 0, 4, 2, 6, 8]
    ),
    (
      NumberEvent(kind: .expired, time: 0, caller: me, serial: 1, last: 1, generation: 1),
      [1, 7, 0, 0, 1, 112, 2, 109, 101, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0]
    ),
    (
      NumberEvent(
        kind: .completed, time: 0, caller: me, serial: 1, last: 1, generation: 1, currency: "CNY",
        amountMinor: 200),
      [1, 8, 0, 0, 1, 112, 2, 109, 101, 3, 67, 78, 89, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 200, 1]
    ),
    (
      NumberEvent(kind: .retired, time: 0, serial: 1, last: 1, generation: 2, previous: 1),
      [1, 9, 0, 0, 0, 0, 2, 2, 0, 2]
    ),
  ])
  func hasThisForm(event: NumberEvent, bytes: [UInt8]) throws {
    var fixture = EventFixture()
    fixture.append(event)
    #expect(fixture.bytes == bytes)
    #expect(try EventReader.events(bytes) == [event])
  }

  /// The same of neighbours.
  @Test(
    arguments: [
      (
        NumberEvent(
          kind: .allocated, time: 2, caller: me, lease: 7, serial: 1, last: 1, generation: 1,
          generated: 1, previous: 1),
        100, [1, 255, 99, 3, 4, 0, 1, 112, 2, 109, 101, 14, 0, 0, 0, 0, 2, 1, 2, 2]
      ),
      (
        NumberEvent(
          kind: .completed, time: 0, caller: me, serial: 1, last: 1, generation: 1, currency: "CNY",
          amountMinor: 200, previous: 5),
        1_000,
        [
          1, 255, 231, 7, 8, 0, 0, 1, 112, 2, 109, 101, 3, 67, 78, 89, 0, 0, 0, 2, 1, 0, 10, 0, 0,
          0,
          200, 1,
        ]
      ),
    ] as [(NumberEvent, Int64, [UInt8])])
  func neighboursHaveThisForm(event: NumberEvent, count: Int64, bytes: [UInt8]) throws {
    var fixture = EventFixture()
    fixture.append(event, count: count)
    #expect(fixture.bytes == bytes)
    #expect(fixture.writer.count == Int(count))
    #expect(try EventReader.events(bytes) == fixture.events)
    #expect(try EventReader.records(bytes) == 1)
  }

  @Test func allKindsHaveAForm() {
    #expect(NumberEvent.Kind.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func whatIsWrittenIsRead(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var fixture = EventFixture()
    Self.addSome(to: &fixture, &random)
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      switch Int.random(in: 0..<10, using: &random) {
      case 0: fixture.inVain { Self.addSome(to: &$0, &random) }
      default: Self.addSome(to: &fixture, &random)
      }
    }
    #expect(try EventReader.events(fixture.bytes) == fixture.events, "seed \(seed)")
    #expect(fixture.writer.count == fixture.events.count)
  }

  /// A call's events: one, or several alike.
  private static func addSome(to fixture: inout EventFixture, _ random: inout SeededRandom) {
    let kind = NumberEvent.Kind.allCases.randomElement(using: &random) ?? .generated
    var event = NumberEvent.random(kind, using: &random)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let far = Int64.max - 2_000
      if kind.isOfNumber, event.serial < far, event.previous < far,
        Int.random(in: 0..<4, using: &random) == 0
      {
        fixture.append(event, count: Int64.random(in: 2...1_000, using: &random))
        continue
      }
      fixture.append(event)
      if kind != .renewed {
        event.serial &+= 1
        event.last = kind.isOfRange ? event.last : event.serial
      }
      event.previous &+= 1
    }
  }

  /// Bytes that were changed on disk may say anything, but they can't trap or go on for ever.
  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func damageIsToldOrHarmless(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var fixture = EventFixture()
    for _ in 0..<10 { Self.addSome(to: &fixture, &random) }
    for _ in 0..<100 {
      var bytes = fixture.bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default: bytes.removeLast(min(bytes.count - 1, place))
        }
      }
      let count = (try? EventReader.records(bytes)) ?? 0
      #expect(count < bytes.count, "every record takes a byte at least")
      let events = (try? EventReader.events(bytes))?.count ?? 0
      #expect(events <= count * 1_000)
    }
  }

  @Test(
    arguments: [
      ([], 0), ([2], 0), ([1, 0], 1), ([1, 11], 1), ([1, 3], 2), ([1, 9, 128], 3),
      // A text longer than what is left, one that isn't UTF-8, a caller and a series not named yet.
      ([1, 5, 0, 0, 200, 1, 97], 4), ([1, 5, 0, 0, 1, 255], 4), ([1, 5, 0, 1], 3),
      ([1, 9, 0, 5], 3),
      // More than 64 bits, more than 32 in a generation, a flag that is neither.
      ([1, 9, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2], 2),
      ([1, 9, 0, 0, 0, 0, 2, 255, 255, 255, 255, 31], 7), ([1, 5, 0, 0, 0, 0, 0, 2], 7),
      // Neighbours without a count, with none, with more than a call has, and of a lease.
      ([1, 255], 2), ([1, 255, 0, 9], 1), ([1, 255, 232, 7, 9], 1),
      ([1, 255, 1, 5, 0, 0, 0, 0, 0, 0], 1),
      // Two counts.
      ([1, 255, 1, 255, 1, 9], 3),
    ] as [([UInt8], Int)])
  func damageIsTold(bytes: [UInt8], position: Int) {
    #expect(throws: EventDamage(position: position)) { try EventReader.events(bytes) }
  }

  /// What the format promises of a busy pool.
  @Test func takesFewBytes() {
    var fixture = EventFixture()
    let time: Int64 = 1_795_276_790_000_000
    var event = NumberEvent(
      kind: .allocated, time: time, caller: Self.me, lease: 1_000_000,
      expires: time + 600_000_000, serial: 5_000_000, last: 5_000_000, generation: 1,
      generated: time - 5_000_000, previous: 9_000_000)
    fixture.append(event)
    func cost(_ count: Int, newCall: Bool) -> Int {
      let before = fixture.bytes.count
      for _ in 0..<count {
        event.serial += 1
        event.last += 1
        if newCall { event.lease += 1 }
        fixture.append(event)
      }
      return (fixture.bytes.count - before) / count
    }
    #expect(cost(100, newCall: true) <= 13)
    #expect(cost(100, newCall: false) <= 7)
  }
}
