import Testing

@testable import Forwarding

/// The table at the head of `Consumption`, and who gets what.
@Suite struct ConsumptionTests {
  @Test func keyHasOneDeliveryAndItsOrdersComeInOrder() throws {
    let trial = try ConsumptionTrial()
    trial.join(1)
    trial.join(2)
    trial.submit("a", "a", "b", "a")
    #expect(trial.inHand(1) + trial.inHand(2) == [1, 3])
    try trial.acknowledge(1)
    #expect(Set(trial.inHand(1) + trial.inHand(2)) == [2, 3])
    try trial.acknowledge(2, 3)
    try trial.acknowledge(4)
    #expect(trial.places(1...4) == [.done, .done, .done, .done])
    #expect(trial.unit.depth == 0 && trial.handed.map(\.sequence) == [1, 3, 2, 4])
  }

  @Test func creditsBoundWhatIsInHand() throws {
    let trial = try ConsumptionTrial()
    trial.join(1, credits: 2)
    trial.join(2, credits: 1)
    trial.submit("a", "b", "c", "d", "e")
    #expect(trial.inHand(1).count == 2 && trial.inHand(2).count == 1)
    try trial.acknowledge(trial.inHand(2)[0])
    #expect(trial.inHand(1).count == 2 && trial.inHand(2).count == 1)
    trial.unit.consumption.consumers[0].credits = 0
    try trial.acknowledge(trial.inHand(1)[0])
    #expect(trial.inHand(1).count == 1)
  }

  @Test func tokenOfAnEndedDeliveryIsStale() throws {
    let trial = try ConsumptionTrial()
    trial.join(1)
    trial.submit("a")
    let token = trial.handed[0].token
    let delivery = try trial.intake.delivery(token, of: trial.unit)
    trial.intake.acknowledge(delivery, of: trial.unit)
    // Also in the same batch.
    #expect(throws: ForwardingRefusal.consumption(.deliveryStale)) {
      try trial.intake.delivery(token, of: trial.unit)
    }
    trial.commit()
    #expect(throws: ForwardingRefusal.consumption(.deliveryStale)) {
      try trial.intake.delivery(token, of: trial.unit)
    }
  }

  @Test func failedOrderComesAgainAfterItsDelayAndHoldsBackItsKeyOnly() throws {
    let trial = try ConsumptionTrial()
    trial.join(1)
    trial.submit("a", "a", "b")
    try trial.fail(1, delay: 500)
    #expect(trial.inHand(1) == [3])
    trial.pass(499)
    #expect(trial.inHand(1) == [3])
    trial.pass(1)
    #expect(trial.inHand(1) == [3, 1] && trial.handed.last?.attempt == 2)
  }

  @Test func deliveryWhoseTimeIsOverHasFailed() throws {
    let trial = try ConsumptionTrial()
    trial.join(1)
    trial.submit("a")
    trial.intake.extend(
      trial.handed[0], of: trial.unit, until: trial.now + ForwardingLimits.defaultAckDeadline + 5)
    trial.pass(ForwardingLimits.defaultAckDeadline)
    #expect(trial.handed.count == 1)
    trial.pass(5)
    #expect(trial.handed.map(\.attempt) == [1, 2])
    #expect(trial.unit.consumption.failures[1]?.reason == "ACK_DEADLINE")
  }

  @Test(arguments: [DeadLetterPolicy.keyGoesOn, .keyWaits])
  func orderThatFailsTooOftenIsADeadLetter(policy: DeadLetterPolicy) throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 2, policy: policy))
    trial.join(1)
    trial.submit("a", "a", "b")
    try trial.fail(1)
    try trial.fail(1)
    #expect(trial.places(1...3) == [.dead, .queued, .queued])
    #expect(trial.unit.consumption.dead == 1 && trial.unit.depth == 2)
    #expect(trial.inHand(1) == (policy == .keyWaits ? [3] : [3, 2]))
    // It goes first when it is queued again.
    try trial.intake.redrive([1], at: trial.unit)
    trial.commit()
    #expect(trial.inHand(1) == (policy == .keyWaits ? [3, 1] : [3, 2]))
    #expect(trial.unit.consumption.dead == 0)
    if policy == .keyGoesOn { try trial.acknowledge(2) }
    #expect(trial.inHand(1) == [3, 1] && trial.handed.last?.attempt == 1)
  }

  @Test func purgedDeadLetterLetsItsKeyGoOn() throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 1, policy: .keyWaits))
    trial.join(1)
    trial.submit("a", "a")
    try trial.fail(1)
    #expect(trial.inHand(1) == [])
    trial.submit("a")
    #expect(trial.inHand(1) == [])
    try trial.intake.purge([1], at: trial.unit)
    trial.commit()
    #expect(trial.inHand(1) == [2] && trial.places(1...1) == [.done])
    for wrong: [Int64] in [[1], [2], [9], [-1]] {
      #expect(throws: ForwardingRefusal.consumption(.deadLetterNotFound(field: "sequences[0]"))) {
        try trial.intake.redrive(wrong, at: trial.unit)
      }
    }
  }

  @Test func lostConsumerHandsOverAndNobodyIsGuilty() throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 1))
    trial.join(1)
    trial.submit("a", "b")
    trial.leave(1, isLost: true)
    trial.join(2)
    #expect(trial.inHand(2) == [1, 2] && trial.unit.consumption.failures.isEmpty)
    #expect(trial.handed.map(\.losses) == [0, 0, 1, 1])
  }

  @Test func orderThatConsumersAreLostWithIsHandedOutAloneAndThenGuilty() throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 1))
    for id in 1...2 {
      trial.join(Int64(id))
      if id == 1 { trial.submit("a", "b", "c") }
      trial.leave(Int64(id), isLost: true)
    }
    trial.join(3)
    trial.pass(0)
    #expect(trial.inHand(3) == [1])
    trial.leave(3, isLost: true)
    #expect(trial.places(1...3) == [.dead, .queued, .queued])
    trial.join(4)
    trial.pass(0)
    for sequence in [Int64(2), 3] {
      #expect(trial.inHand(4) == [sequence])
      try trial.acknowledge(sequence)
    }
  }

  @Test func breakerStopsAUnitThatIsDownAndNobodyIsGuilty() throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 1, breakerFailures: 3))
    trial.join(1, credits: 1)
    trial.submit("a", "b", "c", "d")
    try trial.fail(1)
    try trial.fail(2)
    #expect(trial.places(1...4) == [.dead, .dead, .queued, .queued])
    try trial.fail(3)
    #expect(trial.places(1...4) == [.queued, .queued, .queued, .queued])
    #expect(trial.unit.consumption.dead == 0 && trial.inHand(1) == [])
    trial.pass(ForwardingLimits.breakerPause - 1)
    #expect(trial.inHand(1) == [])
    trial.pass(1)
    #expect(trial.inHand(1) == [1])
    // The one that was tried isn't guilty either, and the pause doubles.
    try trial.fail(1)
    trial.pass(2 * ForwardingLimits.breakerPause - 1)
    #expect(trial.inHand(1) == [])
    trial.pass(1)
    // Another one this time, as the first may be bad by itself.
    try trial.acknowledge(2)
    #expect(trial.inHand(1) == [1] && trial.unit.consumption.breaker.isAtRest)
  }

  @Test func consumersThatWereLostWithADeadLetterCountWhenTheBreakerRaisesIt() throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 1, breakerFailures: 3))
    trial.submit("a", "b", "c")
    for consumer in Int64(1)...2 {
      trial.join(consumer, credits: 1)
      trial.leave(consumer, isLost: true)
    }
    trial.join(3, credits: 1)
    try trial.fail(2, 1)
    #expect(trial.places(1...3) == [.dead, .dead, .queued])
    try trial.fail(3)
    trial.pass(ForwardingLimits.breakerPause)
    #expect(trial.handed.last?.sequence == 1 && trial.handed.last?.losses == 2)
    #expect(trial.handed.last?.isAlone == true)
  }

  @Test func delayHoldsThoughTheFailureDoesNotCount() throws {
    let pause = ForwardingLimits.breakerPause
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 1, breakerFailures: 2))
    trial.join(1, credits: 3)
    trial.submit("a", "b", "c")
    // In a row, and a dead letter for a time; the one that opens the breaker; one while it is open.
    for sequence in Int64(1)...3 { try trial.fail(sequence, delay: 2 * pause + sequence) }
    #expect(trial.places(1...3) == [.queued, .queued, .queued])
    trial.pass(2 * pause)
    #expect(trial.inHand(1) == [])
    trial.pass(1)
    #expect(trial.inHand(1) == [1] && trial.handed.last?.attempt == 1)
    try trial.acknowledge(1)
    trial.pass(1)
    #expect(trial.inHand(1) == [2])
    trial.pass(1)
    #expect(trial.inHand(1) == [2, 3] && trial.handed.last?.attempt == 1)
    #expect(trial.unit.consumption.failures.values.allSatisfy { $0.count == 0 })
  }

  @Test func ofSeveralDelaysTheLastHolds() throws {
    let pause = ForwardingLimits.breakerPause
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 5, breakerFailures: 2))
    trial.join(1, credits: 2)
    trial.submit("a", "b")
    try trial.fail(1)
    try trial.fail(1, delay: 3 * pause)
    try trial.fail(2)
    #expect(
      trial.unit.consumption.failures[1]
        == OrderFailures(count: 0, due: trial.now + 3 * pause, reason: ""))
    trial.pass(pause)
    try trial.acknowledge(2)
    trial.pass(2 * pause - 1)
    #expect(trial.inHand(1) == [])
    trial.pass(1)
    #expect(trial.inHand(1) == [1])
  }

  @Test func nextOrderOfAKeyIsFoundHoweverFarItIs() throws {
    let trial = try ConsumptionTrial()
    trial.unit.consumption.bounds = WindowBounds(ordersBehindFirst: 1, ordersPerLook: 4)
    trial.join(1, credits: 2)
    trial.submit(["a", "b", "a", "b"] + Array(repeating: "hot", count: 40), then: ["a", "b"])
    #expect(trial.inHand(1) == [1, 2])
    trial.pass(0)
    try trial.acknowledge(1)
    try trial.acknowledge(2)
    #expect(trial.inHand(1) == [3, 4])
    try trial.acknowledge(3)
    #expect(trial.inHand(1) == [4, 5])
    try trial.acknowledge(4)
    #expect(trial.inHand(1) == [5, 45])
    try trial.acknowledge(45)
    #expect(trial.inHand(1) == [5, 46])
  }

  @Test func orderThatComesWhenTheLastOfItsKeyInMemoryEndsIsHandedOutOnce() throws {
    let trial = try ConsumptionTrial()
    trial.unit.consumption.bounds = WindowBounds(ordersBehindFirst: 2)
    trial.join(1)
    trial.submit("a", "a", "a", "a")
    // It is in its lane, and the queue is looked through behind it.
    _ = trial.intake.submit(IntakeTrial.order("5", key: "a"), at: trial.now)
    trial.commit()
    try trial.acknowledge(1)
    try trial.acknowledge(2)
    trial.dispatch()
    for sequence in Int64(3)...5 { try trial.acknowledge(sequence) }
    #expect(trial.handed.map(\.sequence) == [1, 2, 3, 4, 5] && trial.unit.depth == 0)
  }

  @Test func raisedOrdersOfAKeyAreAllFoundWhenTheOneInHandEndsMeanwhile() throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(attempts: 1, breakerFailures: 0))
    trial.unit.consumption.bounds = WindowBounds(ordersBehindFirst: 1, ordersPerFill: 3)
    trial.join(1, credits: 2)
    trial.submit("a", "a", "a", "a", "a", "a")
    for sequence in Int64(1)...5 { try trial.fail(sequence) }
    #expect(trial.inHand(1) == [6])
    // The queue is looked through from its beginning, and that takes a while.
    try trial.intake.redrive(Array(1...5), at: trial.unit)
    trial.commit()
    for sequence in [6, 1, 2, 3, 4, 5] as [Int64] {
      try trial.acknowledge(sequence)
      trial.pass(0)
    }
    #expect(trial.unit.depth == 0)
  }

  @Test func searchIsDoneInPiecesAndFindsWhatComesMeanwhile() throws {
    let trial = try ConsumptionTrial()
    trial.unit.consumption.bounds = WindowBounds(
      ordersBehindFirst: 1, ordersPerLook: 1, ordersPerFill: 20)
    trial.join(1, credits: 3)
    trial.submit(["a", "b", "a", "b"] + Array(repeating: "hot", count: 100), then: ["b"])
    trial.pass(0)
    for sequence in Int64(1)...4 { try trial.acknowledge(sequence) }
    // The search goes on by itself, whatever else happens.
    #expect(trial.inHand(1) == [5] && trial.unit.consumption.due == 0)
    trial.submit("a")
    trial.pass(0)
    #expect(trial.inHand(1).sorted() == [5, 105, 106])
    #expect(trial.unit.consumption.due != 0)
  }

  @Test func failedOrdersOfAnyNumberOfKeysKeepNobodyElseWaiting() throws {
    let trial = try ConsumptionTrial(ConsumptionSettings(breakerFailures: 0))
    trial.unit.consumption.bounds = WindowBounds(keys: 8)
    trial.join(1, credits: 4)
    trial.submit((0..<40).map { "bad \($0)" }, then: ["good"])
    for sequence in Int64(1)...40 { try trial.fail(sequence, delay: 1_000) }
    #expect(trial.inHand(1) == [41])
    trial.pass(1_000)
    for sequence in Int64(1)...40 { try trial.acknowledge(sequence) }
  }

  @Test func pausedUnitGetsNothing() throws {
    let trial = try ConsumptionTrial()
    trial.join(1)
    trial.unit.consumption.pause = UnitPause(since: 0, reason: "", principal: "")
    trial.submit("a")
    #expect(trial.handed.isEmpty)
    trial.unit.consumption.pause = nil
    trial.commit()
    #expect(trial.inHand(1) == [1])
  }

  @Test func busyKeyDoesntKeepOthersWaitingBehindAnyNumberOfItsOrders() throws {
    let trial = try ConsumptionTrial()
    trial.join(1)
    for _ in 0..<3 { trial.submit(Array(repeating: "hot", count: 100), then: ["other"]) }
    #expect(trial.inHand(1) == [1, 101])
    for sequence in Int64(1)...303 where sequence % 101 != 0 { try trial.acknowledge(sequence) }
    #expect(trial.inHand(1) == [101])
  }
}

extension ConsumptionTrial {
  func submit(_ keys: [String], then more: [String]) { for key in keys + more { submit(key) } }
}
