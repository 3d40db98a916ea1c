import Store
import Testing

@testable import Forwarding

/// Consumers of a book in a store: what is durable, and what follows after a commit only.
@Suite(.timeLimit(.minutes(10))) struct ConsumptionBookTests {
  private let stored: StoredForwarding

  init() async throws {
    stored = try StoredForwarding()
    try await stored.change { (book, batch) throws(ForwardingFailure) in
      _ = try book.put(
        "b", IntakeSettings(lanes: 1, window: 0, batchSize: 100), ForwardingCapacity(), batch)
      _ = try book.put("b", unit: "u", codes: ["A"], batch)
      _ = try book.submit(
        "b", (1...3).map { StoredForwarding.order($0, key: $0, code: "A") }, ForwardingCapacity(),
        batch)
    }
  }

  private func attach(inVain: Bool = false) async throws -> ConsumerOutbox {
    let outbox = ConsumerOutbox()
    let refusal = try await stored.change(inVain: inVain) {
      (book, batch) throws(ForwardingFailure) in
      _ = try book.attach("b", unit: "u", consumer: "c", credits: 10, outbox, batch)
    }
    #expect(refusal == nil)
    return outbox
  }

  private func take(_ count: Int, from outbox: ConsumerOutbox) async throws
    -> [Consumption.Delivery]
  {
    var taken: [Consumption.Delivery] = []
    while taken.count < count { taken += try await outbox.next().map(\.delivery) }
    return taken.sorted { $0.sequence < $1.sequence }
  }

  private func acknowledge(_ delivery: Consumption.Delivery, inVain: Bool = false) async throws {
    try await stored.change(inVain: inVain) { (book, batch) throws(ForwardingFailure) in
      let settlement = GivenSettlement(acks: [delivery.token], nacks: [], extensions: [])
      let stale = try book.settle(settlement, of: delivery.consumer, "b", unit: "u", batch)
      #expect(stale.isEmpty)
    }
  }

  @Test func consumerThatIsTakenBackGetsNothing() async throws {
    _ = try await attach(inVain: true)
    #expect(try await stored.look { book, _ in book.desk.count } == 0)
    let outbox = try await attach()
    #expect(try await take(3, from: outbox).map(\.sequence) == [1, 2, 3])
  }

  @Test func acknowledgementThatIsTakenBackCanComeAgain() async throws {
    let outbox = try await attach()
    let first = try await take(3, from: outbox)[0]
    try await acknowledge(first, inVain: true)
    try await acknowledge(first)
    let place = try await stored.look { book, _ in
      book.intakes["b"]?.intake.units["u"]?.place(of: 1)
    }
    #expect(place == .done)
  }

  @Test func consumersEndWithTheStoreAndWhatTheyHadComesAgain() async throws {
    let outbox = try await attach()
    let before = try await take(3, from: outbox)
    try await acknowledge(before[0])
    try await stored.reopen()
    await #expect(throws: ConsumerOutbox.End.storeRecovered) { try await outbox.next() }
    let again = try await attach()
    let after = try await take(2, from: again)
    #expect(after.map(\.sequence) == [2, 3])
    #expect(Set(after.map(\.token)).isDisjoint(with: before.map(\.token)))
  }
}
