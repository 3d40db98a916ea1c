import Testing

@testable import Forwarding

/// The table at its head.
@Suite struct OrderReservationsTests {
  @Test(arguments: [
    (nil, 0, true, true), (nil, 0, false, false), (nil, 1, true, true), (nil, 1, false, true),
    (1, 2, true, true), (1, 2, false, true), (1, 0, true, false), (1, 0, false, false),
  ])
  func whoReplacesWhom(holder: Int64?, version: Int64, hasItems: Bool, replaces: Bool) {
    for isCancelled in [false, true] {
      let holder = holder.map {
        OrderReservations.Holder(
          version: $0, sequence: 1, hasItems: true, isCancelled: isCancelled)
      }
      #expect(
        OrderReservations.replaces(holder, version: version, hasItems: hasItems) == replaces)
    }
  }

  private static func items(_ items: [(String, Int64)]) -> [OrderItem] {
    items.map { OrderItem(good: $0.0, quantity: $0.1) }
  }

  @Test(
    arguments: [
      ([], [("tea", 2)], ["0 tea 2"]), ([("tea", 2)], [], ["- tea -2"]),
      ([("tea", 2)], [("tea", 2)], []), ([("tea", 2)], [("tea", 5)], ["0 tea 3"]),
      ([("tea", 5)], [("tea", 2)], ["0 tea -3"]),
      (
        [("tea", 1), ("salt", 4), ("rice", 2)], [("rice", 3), ("tea", 1), ("oil", 1)],
        ["0 rice 1", "2 oil 1", "- salt -4"]
      ),
      // "é" as one scalar and as two: equal strings, other bytes.
      ([("\u{e9}", 1), ("e\u{301}", 2)], [("\u{e9}", 1), ("e\u{301}", 2)], []),
    ] as [([(String, Int64)], [(String, Int64)], [String])])
  func changesAreTheDifference(
    before: [(String, Int64)], after: [(String, Int64)], said: [String]
  ) {
    let changes = OrderReservations.changes(from: Self.items(before), to: Self.items(after))
    #expect(changes.map { "\($0.item.map { "\($0)" } ?? "-") \($0.good) \($0.quantity)" } == said)
  }

  @Test func holdersAreForgottenWithTheirOrders() {
    let intake = Intake(
      business: "b", settings: IntakeSettings(lanes: 1, window: 0, batchSize: 1))
    intake.hold(.init(version: 0, sequence: 5, hasItems: true), of: 1)
    intake.hold(.init(version: 0, sequence: 6, hasItems: true), of: 2)
    intake.hold(.init(version: 1, sequence: 2_000, hasItems: true), of: 1)
    let mark = intake.mark
    intake.hold(.init(version: 2, sequence: 2_001, hasItems: true), of: 1)
    intake.hold(.init(version: 0, sequence: 2_002, hasItems: true, isCancelled: true), of: 3)
    intake.undo(to: mark)
    #expect(intake.reservations[1]?.version == 1 && intake.reservations[3] == nil)
    intake.reservations.forget(block: 0)
    #expect(intake.reservations[1]?.sequence == 2_000 && intake.reservations[2] == nil)
    intake.reservations.forget(block: 1)
    #expect(intake.reservations.isEmpty)
  }
}
