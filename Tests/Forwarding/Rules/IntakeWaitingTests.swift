import Testing

@testable import Forwarding

/// The table at the head of OrderPlace, before the lanes.
@Suite struct IntakeWaitingTests {
  private static func trial() throws -> IntakeTrial {
    let trial = IntakeTrial()
    try trial.intake.put(unit: "erp", codes: ["A"], at: 0)
    trial.put("tea")
    return trial
  }

  struct Taking: Sendable {
    var goods: [String]
    /// One of its key waits already.
    var isBehind = false
    var place: OrderPlace
  }

  @Test(arguments: [
    Taking(goods: [], place: .lane), Taking(goods: ["tea"], place: .lane),
    Taking(goods: ["tea", "rice"], place: .awaiting),
    Taking(goods: [], isBehind: true, place: .behind),
    Taking(goods: ["tea"], isBehind: true, place: .behind),
    Taking(goods: ["rice"], isBehind: true, place: .behind),
  ])
  func anOrderIsTaken(_ taking: Taking) throws {
    let trial = try Self.trial()
    if taking.isBehind { trial.submit("0", key: "k", goods: ["salt"]) }
    let taken = trial.submit("1", key: "k", goods: taking.goods)
    #expect(trial.intake.place(of: taken.sequence) == taking.place)
    #expect(trial.submit("1", key: "k", goods: taking.goods) == .duplicate(taken.sequence))
  }

  struct Turn: Sendable {
    var isFirst: Bool
    var missing: [String]
    var isCancelled = false
    var place: OrderPlace
  }

  /// The turn of an order with rice and salt comes, whichever of them is missing then.
  @Test(arguments: [
    Turn(isFirst: true, missing: [], place: .forwarded),
    Turn(isFirst: true, missing: ["salt"], place: .awaiting),
    Turn(isFirst: true, missing: ["rice"], isCancelled: true, place: .withdrawn),
    Turn(isFirst: true, missing: [], isCancelled: true, place: .forwarded),
    Turn(isFirst: false, missing: [], place: .forwarded),
    Turn(isFirst: false, missing: ["rice"], place: .awaiting),
    Turn(isFirst: false, missing: ["salt"], isCancelled: true, place: .withdrawn),
    Turn(isFirst: false, missing: [], isCancelled: true, place: .forwarded),
  ])
  func itsTurnComes(_ turn: Turn) throws {
    let trial = try Self.trial()
    if !turn.isFirst { trial.submit("0", key: "k", goods: ["pepper"]) }
    let order = trial.submit("1", key: "k", goods: ["rice", "salt"]).sequence
    let behind = trial.submit("2", key: "k").sequence
    if turn.isCancelled { _ = trial.cancel("1", key: "k") }
    for good in ["rice", "salt"] where !turn.missing.contains(good) { trial.put(good) }
    trial.put("pepper")
    trial.dispatch()
    #expect(trial.intake.place(of: order) == turn.place)
    #expect(trial.intake.place(of: behind) == (turn.place == .awaiting ? .behind : .forwarded))
    let versions = trial.intake.waiting.lookedUp[order]
    #expect((versions != nil) == (turn.place == .forwarded))
    if turn.place == .withdrawn { #expect(!trial.queue("erp").contains(order)) }
  }

  @Test func anOrderWithUnknownGoodsHoldsItsOwnKeyOnly() throws {
    let trial = try Self.trial()
    trial.submit("1", key: "k", goods: ["rice"])
    trial.submit("2", key: "k", goods: ["tea"])
    trial.submit("3", key: "other")
    trial.submit("4", key: "third", goods: ["rice"])
    trial.dispatch()
    #expect(trial.places(1...4) == [.awaiting, .behind, .forwarded, .awaiting])
    #expect(trial.intake.waiting.awaited["rice"]?.count == 2)
    trial.put("rice")
    trial.dispatch()
    #expect(trial.queue("erp") == [1, 2, 3, 4])
    #expect(trial.intake.waiting.lookedUp.keys.sorted() == [1, 4])
    trial.submit("5", key: "k", goods: ["rice"])
    #expect(trial.intake.place(of: 5) == .lane)
  }

  /// It goes to no unit, although one has its code by then; nor does its cancellation.
  @Test func aWithdrawnOrderLetsItsKeyGoOn() throws {
    let trial = try Self.trial()
    trial.submit("1", key: "k", goods: ["rice"])
    trial.submit("2", key: "k", goods: ["salt"])
    #expect(trial.cancel("1", key: "k") == .taken(3))
    trial.dispatch()
    #expect(trial.places(1...3) == [.withdrawn, .awaiting, .behind])
    #expect(trial.intake.waiting.awaited.keys.sorted() == ["salt"])
    trial.put("rice")
    #expect(trial.cancel("2", key: "k") == .taken(4))
    trial.dispatch()
    #expect(trial.places(1...4) == [.withdrawn, .withdrawn, .forwarded, .forwarded])
    #expect(trial.queue("erp").isEmpty)
    #expect(trial.intake.lookForUnfinished() == 5)
    trial.intake.raiseFloor(to: 3)
    #expect(trial.intake.count(.withdrawn) == 0 && trial.intake.count(.forwarded) == 2)
  }

  /// Where it is loaded after a start, too.
  @Test func anOrderGoesIntoTheLanesOfWhenItCame() throws {
    var trial = IntakeTrial(lanes: 1, window: 10)
    try trial.intake.put(unit: "erp", codes: ["A"], at: 0)
    trial.submit("1", key: "k")
    trial.submit("2", key: "k", goods: ["tea"])
    try trial.intake.change(IntakeSettings(lanes: 2, window: 10, batchSize: 100))
    trial.submit("3", key: "k")
    trial.put("tea")
    trial.now = 5
    _ = trial.intake.supply(at: 5, limit: 10, trial.catalog.known)
    #expect(trial.intake.layouts.map(\.depth) == [2, 1])
    trial.now = 100
    trial.dispatch()
    #expect(trial.queue("erp") == [1, 2, 3])
    // Its lanes are gone.
    trial.submit("4", key: "k", goods: ["rice"])
    try trial.intake.change(IntakeSettings(lanes: 3, window: 10, batchSize: 100))
    trial.put("rice")
    trial.dispatch()
    #expect(trial.intake.place(of: 4) == .lane)
    trial.now = 110
    trial.dispatch()
    #expect(trial.queue("erp") == [1, 2, 3, 4])
  }

  @Test(
    arguments: [
      ([("tea", 1)], nil), ([("tea", 1_000_000_000_000), ("rice", 1)], nil),
      ([("tea", 0)], .quantityOutOfRange(field: "i[0].quantity")),
      ([("tea", 1), ("rice", -1)], .quantityOutOfRange(field: "i[1].quantity")),
      ([("tea", 1), ("tea", 1)], .goodTwice(field: "i[1].good")),
      ([("", 1)], .goodInvalid(field: "i[0].good")),
      ([("a\n", 1)], .goodInvalid(field: "i[0].good")),
      (Array(repeating: ("tea", 1), count: 101), .itemsTooMany(field: "i", limit: 100)),
    ] as [([(String, Int64)], ForwardingRefusal?)])
  func itemsAreChecked(items: [(String, Int64)], refusal: ForwardingRefusal?) {
    let items = items.map { OrderItem(good: $0.0, quantity: $0.1) }
    #expect(OrderItem.refusal(of: items, "i") == refusal)
  }
}
