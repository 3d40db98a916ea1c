import Store
import Synchronization
import Testing
import Warnings

@testable import Forwarding

@Suite(.timeLimit(.minutes(10))) struct ForwardingBookTests {
  private static let capacity = ForwardingCapacity()
  private static let settings = IntakeSettings(lanes: 3, window: 0, batchSize: 5)

  private func change(
    _ stored: StoredForwarding, _ random: inout IntakeHistoryTests.Random, inVain: Bool
  ) async throws {
    let codes = (["A", "B", "C"] as [ExactText]).filter { _ in Bool.random(using: &random) }
    let name = "u\(Int.random(in: 0..<3, using: &random))"
    let lanes = Int32.random(in: 1...4, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0...6:
      // Large ones fill chunks of the feed within a call.
      let bytes = Int.random(in: 0..<5, using: &random) == 0 ? 30_000 : 10
      let numbers = (0..<Int.random(in: 1...8, using: &random)).map { _ in
        Int.random(in: 0..<400, using: &random)
      }
      let orders = numbers.map {
        StoredForwarding.order($0, key: $0 % 7, code: ["A", "B", "C"][$0 % 3], bytes: bytes)
      }
      // An order that came before with another body is refused: the whole call, or nothing.
      try await stored.change(inVain: inVain) { (book, batch) throws(ForwardingFailure) in
        _ = try book.submit("b", orders, Self.capacity, batch)
      }
    case 7:
      try await stored.change(inVain: inVain) { (book, batch) throws(ForwardingFailure) in
        _ = try book.put("b", unit: name, codes: codes, batch)
      }
    case 8:
      try await stored.change(inVain: inVain) { (book, batch) throws(ForwardingFailure) in
        _ = try book.delete("b", unit: name, force: lanes == 1, batch)
      }
    default:
      try await stored.change(inVain: inVain) { (book, batch) throws(ForwardingFailure) in
        let settings = IntakeSettings(lanes: lanes, window: 1_000, batchSize: 5)
        _ = try book.put("b", settings, Self.capacity, batch)
      }
    }
  }

  @Test(arguments: 0..<6)
  func bookIsTheSameAfterEveryStart(seed: Int) async throws {
    let stored = try StoredForwarding()
    var random = IntakeHistoryTests.Random(state: UInt64(seed))
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("b", Self.settings, Self.capacity, batch)
    }
    for step in 0..<150 {
      try await change(stored, &random, inVain: step % 4 == 3)
      if step % 3 == 0 {
        stored.clock.advance(by: .milliseconds(1))
        try await stored.settle()
      }
      if step % 25 == 24 {
        try await stored.settle()
        let before = try await stored.snapshot("b")
        try await stored.reopen()
        // Lines that may go on do so at once after a start.
        let after = try await stored.snapshot("b")
        #expect(before == after)
      }
    }
    await stored.store.close()
  }

  @Test func changeThatIsTakenBackLeavesNothing() async throws {
    let stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("b", Self.settings, Self.capacity, batch)
      _ = try book.put("b", unit: "erp", codes: ["A"], batch)
      _ = try book.submit(
        "b", [StoredForwarding.order(1, key: 1, code: "X")], Self.capacity, batch)
    }
    try await stored.settle()
    let before = try await stored.snapshot("b")
    try await stored.change(inVain: true) { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("new", Self.settings, Self.capacity, batch)
      _ = try book.submit(
        "b", (2..<20).map { StoredForwarding.order($0, key: $0, code: "A", bytes: 30_000) },
        Self.capacity, batch)
      _ = try book.put("b", unit: "wms", codes: ["X"], batch)
      _ = try book.delete("b", unit: "erp", force: true, batch)
    }
    #expect(try await stored.snapshot("b") == before)
    #expect(try await stored.snapshot("new") == nil)
    #expect(try await stored.look { book, _ in book.kept } == 1)
    try await stored.reopen()
    #expect(try await stored.snapshot("b") == before)
    await stored.store.close()
  }

  /// Full batches leave their lane before the window of the next order is over. The window ends before
  /// it is time to prune, or all would be due then.
  @Test func looksThatAreNotNeededDoNotPileUp() async throws {
    let stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      let settings = IntakeSettings(lanes: 1, window: 10_000_000, batchSize: 5)
      _ = try book.put("b", settings, Self.capacity, batch)
      _ = try book.put("b", unit: "erp", codes: ["A"], batch)
    }
    for first in stride(from: 0, to: 600, by: 6) {
      stored.clock.advance(by: .milliseconds(1))
      try await stored.change { (book, batch) throws(ForwardingFailure) in
        _ = try book.submit(
          "b", (first..<first + 6).map { StoredForwarding.order($0, key: $0, code: "A") },
          Self.capacity, batch)
      }
      try await stored.settle()
    }
    #expect(try await stored.look { book, _ in book.dues.count } <= 3)
    await stored.store.close()
  }

  @Test func windowGoesOnAfterAStart() async throws {
    let stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      let settings = IntakeSettings(lanes: 1, window: 60_000_000, batchSize: 5)
      _ = try book.put("b", settings, Self.capacity, batch)
      _ = try book.put("b", unit: "erp", codes: ["A"], batch)
      _ = try book.submit(
        "b", [StoredForwarding.order(1, key: 1, code: "A")], Self.capacity, batch)
    }
    func inLane() async throws -> Int? {
      try await stored.settle()
      return try await stored.look { book, _ in book.intakes["b"]?.intake.count(.lane) }
    }
    stored.clock.advance(by: .seconds(40))
    #expect(try await inLane() == 1)
    try await stored.reopen()
    #expect(try await inLane() == 1)
    stored.clock.advance(by: .seconds(21))
    #expect(try await inLane() == 0)
    await stored.store.close()
  }

  /// One that has much to do takes turns with the others.
  @Test func aGreatReleaseHoldsUpNobodyElse() async throws {
    let stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      for business in ["b", "c"] {
        _ = try book.put(business, Self.settings, Self.capacity, batch)
        _ = try book.put(business, unit: "erp", codes: ["A"], batch)
      }
    }
    for first in stride(from: 0, to: 10_000, by: 1_000) {
      try await stored.change { (book, batch) throws(ForwardingFailure) in
        _ = try book.submit(
          "b", (first..<first + 1_000).map { StoredForwarding.order($0, key: $0, code: "X") },
          Self.capacity, batch)
      }
    }
    try await stored.settle()
    // What may go on is due at once, and so before what came now.
    stored.clock.advance(by: .seconds(1))
    let seen = Mutex((wakes: 0, left: 0))
    // In one command, so that nothing but these calls does any of it.
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put("b", unit: "wms", codes: ["X"], batch)
      _ = try book.submit(
        "c", [StoredForwarding.order(1, key: 1, code: "A")], Self.capacity, batch)
      var wakes = 0
      while book.intakes["c"]?.intake.count(.lane) == 1, wakes < 5 {
        wakes += 1
        do throws(StoreError) { try book.wake(batch) } catch { throw .store(error) }
      }
      let left = book.intakes["b"]?.intake.count(.quarantined) ?? 0
      seen.withLock { $0 = (wakes, left) }
    }
    let (wakes, left) = seen.withLock { $0 }
    #expect(wakes < 5, "the other's order goes soon")
    #expect(left > 0, "the other's order went while there was much to release")
    await stored.store.close()
  }

  /// "é" as one scalar and as two: equal strings, other bytes.
  @Test func textsAreTheSameIfTheirBytesAre() throws {
    let (composed, decomposed) = ("\u{e9}", "e\u{301}")
    #expect(composed == decomposed)
    let records = [(composed, ""), (decomposed, ""), (composed, decomposed)].map {
      OrderRecord(number: $0, version: 0, key: $1, code: "A", body: [], principal: "")
    }
    #expect(records[0].facts.identity != records[1].facts.identity)
    #expect(records[0].facts.content != records[2].facts.content)
    #expect(records[0].facts.key != records[1].facts.key)
    for record in records {
      let chunk = FeedChunk(
        first: 1, last: 1, time: Timestamp(microseconds: 1),
        payload: [OrderFeed.layout] + record.bytes)
      #expect(try OrderChunk(chunk)[1]?.facts == record.facts)
    }
  }

  @Test func recordsAreReadAsTheyWereWritten() throws {
    let record = OrderRecord(
      number: "n", version: .max, key: "", code: "c", body: [0, 255, 10], original: 7,
      principal: "p")
    #expect(record.key == "n")
    for version in [nil, GoodVersion(good: 3, manufacturer: 0)] {
      let items = [OrderItem(good: "茶", quantity: .max, version: version)]
      let record = OrderRecord(
        number: "n", version: 0, key: "", code: "c", body: [], principal: "", items: items)
      let chunk = FeedChunk(
        first: 1, last: 2, time: Timestamp(microseconds: 1),
        payload: [OrderFeed.layout] + record.bytes + record.bytes)
      #expect(try OrderChunk(chunk)[2] == record)
      #expect(record.lackedGoods == (version == nil ? ["茶"] : []))
    }
    let chunk = FeedChunk(
      first: 5, last: 6, time: Timestamp(microseconds: 1),
      payload: [OrderFeed.layout] + record.bytes + record.bytes)
    let read = try OrderChunk(chunk)
    #expect(read[5] == record && read[6] == record)
    #expect(read[4] == nil && read[7] == nil)
    // As it was stored before there were items.
    let before = Array(record.bytes.dropLast())
    let old = FeedChunk(
      first: 5, last: 6, time: Timestamp(microseconds: 1), payload: [1] + before + before)
    #expect(try OrderChunk(old)[6] == record)
    for payload in [[], [3] + record.bytes + record.bytes, [2] + record.bytes, [2, 200, 1]] {
      let damaged = FeedChunk(
        first: 5, last: 6, time: Timestamp(microseconds: 1), payload: payload as [UInt8])
      #expect(throws: StoreError.self) { try OrderChunk(damaged) }
    }
  }
}
