import Testing

@testable import Forwarding

/// The table at the head of `QueueBound`, each row.
@Suite struct QueueBoundTests {
  /// The unit "u" has room for two orders of the code A; "v" has the code B, and no bound that matters.
  private func intake(_ overflow: OverflowPolicy, lanes: Int32 = 1) throws -> Intake {
    let intake = IntakeTrial(lanes: lanes).intake
    try intake.put(unit: "u", codes: ["A"], at: 0)
    try intake.put(unit: "v", codes: ["B"], at: 0)
    intake.units["u"]?.consumption.settings.queueBound = 2
    intake.units["u"]?.consumption.settings.overflow = overflow
    return intake
  }

  private func submit(_ intake: Intake, _ orders: (number: Int, key: String, code: ExactText)...) {
    for (number, key, code) in orders {
      _ = intake.submit(IntakeTrial.order("\(number)", key: key, code: code), at: 0)
    }
    dispatch(intake)
  }

  private func dispatch(_ intake: Intake) {
    while let due = intake.due, due <= 0 { _ = intake.dispatch(at: 0, limit: 100) }
  }

  private func places(_ intake: Intake, _ sequences: ClosedRange<Int64>) -> [OrderPlace] {
    sequences.map { intake.place(of: $0) }
  }

  @Test func fullQueueThatIsToQueueTakesMoreAndCountsThem() throws {
    let intake = try intake(.queue)
    submit(intake, (1, "a", "A"), (2, "b", "A"))
    #expect(intake.beyondBound == 0)
    submit(intake, (3, "c", "A"), (4, "d", "A"), (5, "e", "B"))
    #expect(intake.units["u"]?.depth == 4 && intake.units["v"]?.depth == 1)
    #expect(intake.beyondBound == 2 && intake.nextLane() == nil)
  }

  @Test func withoutABoundNothingIsBeyondIt() throws {
    let intake = try intake(.holdLane)
    intake.units["u"]?.consumption.settings.queueBound = 0
    submit(intake, (1, "a", "A"), (2, "b", "A"), (3, "c", "A"))
    #expect(intake.units["u"]?.depth == 3 && intake.beyondBound == 0)
  }

  @Test func fullQueueHoldsTheLaneAndAllBehindUntilItHasRoom() throws {
    let intake = try intake(.holdLane)
    submit(intake, (1, "a", "A"), (2, "b", "A"), (3, "c", "A"), (4, "d", "B"), (5, "e", "A"))
    #expect(places(intake, 1...5) == [.forwarded, .forwarded, .lane, .lane, .lane])
    #expect(intake.due == nil && intake.beyondBound == 0)
    let unit = try #require(intake.units["u"])
    #expect(intake.layouts[0].lanes[0].first.flatMap { intake.holder(of: $0) } === unit)
    // Room for one.
    unit.consumption.settings.queueBound = 3
    dispatch(intake)
    #expect(places(intake, 3...5) == [.forwarded, .forwarded, .lane])
    #expect(unit.depth == 3 && intake.due == nil)
  }

  @Test func otherLanesGoOn() throws {
    let intake = try intake(.holdLane, lanes: 2)
    let keys = (0..<100).map { "k\($0)" }
    func inLane(_ lane: Int) -> [String] {
      keys.filter { LaneLayout.lane(ofKey: OrderHash.key($0), of: 2) == lane }
    }
    let (held, free) = (inLane(0), inLane(1))
    submit(
      intake, (1, held[0], "A"), (2, held[1], "A"), (3, held[2], "A"), (4, held[3], "B"),
      (5, free[0], "B"))
    #expect(places(intake, 3...5) == [.lane, .lane, .forwarded])
  }

  @Test func cancellationsAndWhatWaitsForOthersOfItsKeyAreNotHeld() throws {
    let intake = try intake(.holdLane)
    submit(intake, (1, "a", "A"), (2, "b", "X"), (3, "c", "A"))
    #expect(places(intake, 1...3) == [.forwarded, .quarantined, .forwarded])
    // Behind the quarantined one of its key, so not for the unit yet.
    submit(intake, (4, "b", "A"))
    #expect(places(intake, 4...4) == [.held])
    _ = intake.submit(
      NewOrder(identity: 99, content: 0, key: OrderHash.key("a"), code: "A", original: 1), at: 0)
    dispatch(intake)
    #expect(places(intake, 5...5) == [.forwarded])
    #expect(intake.units["u"]?.depth == 3 && intake.beyondBound == 1)
    // What goes on from a quarantine has left its lane before.
    try intake.put(unit: "w", codes: ["X"], at: 0)
    dispatch(intake)
    #expect(places(intake, 2...4) == [.forwarded, .forwarded, .forwarded])
    #expect(intake.units["u"]?.depth == 4)
  }

  @Test func whatIsTakenBackHoldsAsBefore() throws {
    let intake = try intake(.holdLane)
    submit(intake, (1, "a", "A"), (2, "b", "A"))
    intake.settle()
    let mark = intake.mark
    _ = try intake.delete(unit: "u", force: true)
    submit(intake, (3, "c", "A"))
    #expect(intake.count(.quarantined) == 1)
    intake.undo(to: mark)
    submit(intake, (4, "d", "A"))
    #expect(places(intake, 3...3) == [.lane] && intake.due == nil)
  }
}
