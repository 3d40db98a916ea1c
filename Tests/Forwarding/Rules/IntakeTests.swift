import Testing

@testable import Forwarding

/// What a catalog has.
final class TrialCatalog {
  var versions: [String: Int64] = [:]

  /// A good's manufacturer has its version, times ten.
  func known(_ good: String) -> GoodVersion? {
    versions[good].map { GoodVersion(good: $0, manufacturer: 10 * $0) }
  }

  func lacked(of goods: [String]) -> LackedGoods? {
    goods.first { versions[$0] == nil }.map { LackedGoods(goods: goods, missing: $0) }
  }
}

/// An intake, and orders given in by their keys and codes. Times are µs.
struct IntakeTrial {
  let intake: Intake
  let catalog = TrialCatalog()
  var now: Int64 = 0

  init(lanes: Int32 = 1, window: Int64 = 0, batchSize: Int32 = 100) {
    intake = Intake(
      business: "b",
      settings: IntakeSettings(lanes: lanes, window: window, batchSize: batchSize))
  }

  static func order(
    _ number: String, version: Int64 = 0, key: String = "", code: ExactText = "A", body: String = ""
  ) -> NewOrder {
    let key = key.isEmpty ? number : key
    return NewOrder(
      identity: OrderHash.identity(number: number, version: version, isCancellation: false),
      content: OrderHash.content(key: key, code: code.text, body: Array(body.utf8)),
      key: OrderHash.key(key), code: code)
  }

  @discardableResult
  func submit(
    _ number: String, version: Int64 = 0, key: String = "", code: ExactText = "A",
    goods: [String] = []
  ) -> Submitted {
    intake.submit(
      Self.order(number, version: version, key: key, code: code),
      lacking: catalog.lacked(of: goods), at: now)
  }

  /// A good comes, or its next version.
  func put(_ good: String) {
    let before = catalog.versions[good]
    catalog.versions[good] = (before ?? 0) + 1
    intake.note { [catalog] in catalog.versions[good] = before }
    if before == nil { intake.arrived(good) }
  }

  func cancel(_ number: String, key: String = "") -> Submitted {
    guard let original = intake.find(number: number, version: 0, isCancellation: false) else {
      return .differs(0)
    }
    return intake.submit(
      NewOrder(
        identity: OrderHash.identity(number: number, version: 0, isCancellation: true), content: 1,
        key: OrderHash.key(key.isEmpty ? number : key), code: "", original: original), at: now)
  }

  /// Moves all that is due.
  func dispatch() {
    while let due = intake.due, due <= now {
      _ = intake.dispatch(at: now, limit: 7, known: catalog.known)
    }
  }

  func queue(_ unit: String) -> [Int64] {
    intake.units[ExactText(unit)]?.queue.sequences(
      at: UnitPlace.queued.rawValue, after: 0, through: intake.nextSequence - 1, limit: .max) ?? []
  }

  func places(_ sequences: ClosedRange<Int64>) -> [OrderPlace] {
    sequences.map { intake.place(of: $0) }
  }
}

@Suite struct IntakeTests {
  @Test func orderThatCameBeforeIsKnown() {
    let trial = IntakeTrial()
    #expect(trial.submit("1") == .taken(1))
    #expect(trial.submit("1") == .duplicate(1))
    #expect(trial.submit("1", code: "B") == .differs(1))
    #expect(trial.submit("1", version: 1) == .taken(2))
    #expect(trial.cancel("1") == .taken(3))
    #expect(trial.cancel("1") == .duplicate(3))
    #expect(trial.intake.kept == 3)
  }

  @Test func orderGoesToEveryUnitWithItsCode() throws {
    let trial = IntakeTrial()
    try trial.intake.put(unit: "erp", codes: ["A", "B"], at: 0)
    try trial.intake.put(unit: "wms", codes: ["A"], at: 0)
    for (number, code) in [("1", "A"), ("2", "B"), ("3", "A"), ("4", "C")] {
      trial.submit(number, code: ExactText(code))
    }
    trial.dispatch()
    #expect(trial.queue("erp") == [1, 2, 3])
    #expect(trial.queue("wms") == [1, 3])
    #expect(trial.places(1...4) == [.forwarded, .forwarded, .forwarded, .quarantined])
    #expect(trial.intake.matches("A") == ["erp", "wms"])
    #expect(trial.intake.matches("C").isEmpty)
  }

  struct WindowCase {
    var orders: [Int64]
    var at: Int64
    var left: Int
  }

  @Test(arguments: [
    WindowCase(orders: [0], at: 9, left: 1), WindowCase(orders: [0], at: 10, left: 0),
    WindowCase(orders: [0, 9], at: 10, left: 0), WindowCase(orders: [0, 1, 2], at: 3, left: 0),
    WindowCase(orders: [0, 1, 2, 3], at: 4, left: 1),
    WindowCase(orders: [0, 1, 2, 3], at: 13, left: 0),
    WindowCase(orders: [0, 1, 2, 3, 4, 5], at: 6, left: 0),
  ])
  func laneGathersForItsWindowOrUntilItHasABatch(window: WindowCase) throws {
    var trial = IntakeTrial(window: 10, batchSize: 3)
    try trial.intake.put(unit: "erp", codes: ["A"], at: 0)
    for (number, time) in window.orders.enumerated() {
      trial.now = time
      trial.submit("\(number)")
    }
    trial.now = window.at
    trial.dispatch()
    #expect(trial.intake.count(.lane) == window.left)
  }

  @Test func quarantinedOrderHoldsItsOwnKeyOnlyUntilAUnitHasItsCode() throws {
    let trial = IntakeTrial()
    try trial.intake.put(unit: "erp", codes: ["A"], at: 0)
    trial.submit("1", key: "k", code: "X")
    trial.submit("2", key: "k")
    trial.submit("3", key: "other")
    trial.submit("4", key: "k", code: "Y")
    trial.submit("5", key: "k")
    trial.dispatch()
    #expect(trial.places(1...5) == [.quarantined, .held, .forwarded, .held, .held])
    try trial.intake.put(unit: "wms", codes: ["X"], at: 0)
    trial.dispatch()
    #expect(trial.places(1...5) == [.forwarded, .forwarded, .forwarded, .quarantined, .held])
    #expect(trial.intake.quarantine.keys.sorted() == ["Y"])
    try trial.intake.put(unit: "wms", codes: ["Y"], at: 0)
    trial.dispatch()
    #expect(trial.queue("erp") == [2, 3, 5])
    #expect(trial.queue("wms") == [1, 4])
    #expect(trial.intake.lines.isEmpty && trial.intake.quarantine.isEmpty)
  }

  @Test func cancellationGoesWhereItsOrderWent() throws {
    let trial = IntakeTrial()
    try trial.intake.put(unit: "erp", codes: ["A"], at: 0)
    trial.submit("1")
    trial.submit("2", code: "X")
    #expect(trial.cancel("2") == .taken(3))
    trial.dispatch()
    // By now others would get an order of this code.
    try trial.intake.put(unit: "wms", codes: ["A", "X"], at: 0)
    try trial.intake.put(unit: "erp", codes: [], at: 0)
    #expect(trial.cancel("1") == .taken(4))
    trial.dispatch()
    #expect(trial.queue("erp") == [1, 4])
    #expect(trial.queue("wms") == [2, 3])
  }

  @Test func laterLanesWaitForEarlierOnes() throws {
    var trial = IntakeTrial(lanes: 2, window: 10)
    try trial.intake.put(unit: "erp", codes: ["A"], at: 0)
    trial.submit("1", key: "k")
    try trial.intake.change(IntakeSettings(lanes: 3, window: 10, batchSize: 1))
    trial.now = 5
    for number in 2...4 { trial.submit("\(number)", key: "k") }
    #expect(trial.intake.layouts.count == 2)
    _ = trial.intake.dispatch(at: 5, limit: 1)
    #expect(trial.places(1...4) == [.forwarded, .lane, .lane, .lane])
    #expect(trial.intake.layouts.count == 1)
    trial.dispatch()
    #expect(trial.queue("erp") == [1, 2, 3, 4])
  }

  @Test func lanesAreChangedOnlySoOftenAtATime() throws {
    let trial = IntakeTrial(window: 10)
    trial.submit("1")
    for lanes in 2...Int32(ForwardingLimits.layouts) {
      try trial.intake.change(IntakeSettings(lanes: lanes, window: 10, batchSize: 1))
    }
    #expect(throws: ForwardingRefusal.lanesChanging) {
      try trial.intake.change(IntakeSettings(lanes: 64, window: 10, batchSize: 1))
    }
    #expect(throws: Never.self) {
      try trial.intake.change(
        IntakeSettings(lanes: Int32(ForwardingLimits.layouts), window: 0, batchSize: 2))
    }
  }

  @Test func unitWithAQueueIsDeletedOnlyByForce() throws {
    let trial = IntakeTrial()
    try trial.intake.put(unit: "erp", codes: ["A"], at: 0)
    trial.submit("1")
    trial.dispatch()
    #expect(throws: ForwardingRefusal.unitNotEmpty(depth: 1)) {
      try trial.intake.delete(unit: "erp", force: false)
    }
    #expect(try trial.intake.delete(unit: "erp", force: true).depth == 1)
    #expect(throws: ForwardingRefusal.unitNotFound(field: "name")) {
      try trial.intake.delete(unit: "erp", force: true)
    }
    #expect(trial.intake.rulesVersion == 2)
    trial.submit("2")
    trial.dispatch()
    #expect(trial.intake.place(of: 2) == .quarantined)
  }

  @Test func eachOrderIsForwardedByOneVersion() throws {
    let trial = IntakeTrial()
    try trial.intake.put(unit: "erp", codes: ["A"], at: 0)
    trial.submit("1")
    trial.submit("2", code: "X")
    trial.dispatch()
    try trial.intake.put(unit: "erp", codes: ["A", "X"], at: 0)
    trial.submit("3")
    trial.dispatch()
    #expect((1...3).map { trial.intake.versions[$0] } == [1, 2, 2])
    var loaded = RuleVersions()
    let isLoaded = loaded.load(block: 0, trial.intake.versions.bytes(ofBlock: 0))
    #expect(isLoaded)
    #expect((1...3).map { loaded[$0] } == [1, 2, 2])
  }
}
