import API
import Messages
import Store
import Testing

@testable import Warnings

/// The book in its store: what is taken back leaves nothing, what is restarted comes back, what is old goes.
@Suite(.timeLimit(.minutes(10))) struct WarningBookTests {
  static let second: Int64 = 1_000_000
  static let warehouse = API.Attendant(role: .warehouse, name: "north")
  static let owner = API.Attendant(role: .owner, name: "zhang")

  private static func rule(
    _ name: String = "r", kind: API.SignalKind = .pageTraffic, hold: Int64 = 0,
    _ actions: [API.Action] = []
  ) -> WarningRule {
    let threshold = Threshold(direction: .above, raiseLevel: 100, clearLevel: 50)
    let message = API.Rule(
      business: "shop", name: name, kind: kind,
      condition: API.Condition(what: .threshold(threshold)),
      hold: ProtoDuration(seconds: hold), actions: actions)
    guard let rule = try? WarningRule(message) else { preconditionFailure("a rule in order") }
    return rule
  }

  private static func report(_ value: Double, _ kind: Warnings.SignalKind = .pageTraffic)
    -> StoredWarnings.Change
  {
    let signal = ReportedSignal(kind: kind, source: "", value: value, time: nil)
    return { (book, batch) throws(WarningFailure) in
      _ = try book.report("shop", [signal], batch)
    }
  }

  private static func answer(_ id: Int64, _ answer: InstructionAnswer) -> StoredWarnings.Change {
    { (book, batch) throws(WarningFailure) in
      let key = AttendantKey(business: "shop", warehouse)
      _ = try book.answer(id, answer, note: "", principal: "", from: key, batch)
    }
  }

  private static let changes: [(String, StoredWarnings.Change)] = [
    (
      "preset",
      { (book, batch) throws(WarningFailure) in
        let step = PresetStep(
          attendant: warehouse, kind: .raiseStock, escalateTo: owner)
        let preset = API.Preset(business: "shop", name: "p", steps: [step, step])
        _ = try book.put(preset, batch)
      }
    ),
    (
      "rule",
      { (book, batch) throws(WarningFailure) in
        let actions = [
          API.Action(kind: .stopBusiness), API.Action(kind: .callPreset, preset: "p"),
        ]
        _ = try book.put(rule("r", actions), expecting: 0, batch)
      }
    ),
    (
      "another rule",
      { (book, batch) throws(WarningFailure) in
        _ = try book.put(rule("held", kind: .goodsSupply, hold: 10), expecting: 0, batch)
      }
    ),
    ("quiet", report(1)), ("rising", report(100, .goodsSupply)), ("raise", report(100)),
    ("accept", answer(2, .accepted)), ("done", answer(2, .done)),
    (
      "acknowledge",
      { (book, batch) throws(WarningFailure) in
        _ = try book.acknowledge(1, by: "me", principal: "", note: "", batch)
      }
    ),
    (
      "version",
      { (book, batch) throws(WarningFailure) in
        _ = try book.put(rule(), expecting: 1, batch)
      }
    ),
    ("clear", report(50)), ("raise again", report(100)),
    (
      "delete",
      { (book, batch) throws(WarningFailure) in
        try book.deleteRule(RuleKey(business: "shop", name: "r"), batch)
      }
    ),
    (
      "delete preset",
      { (book, batch) throws(WarningFailure) in
        try book.deletePreset(RuleKey(business: "shop", name: "p"), batch)
      }
    ),
  ]

  @Test func whatIsTakenBackLeavesNothingAndWhatIsRestartedComesBack() async throws {
    let stored = try StoredWarnings()
    for (name, change) in Self.changes {
      let before = try await stored.snapshot()
      try await stored.changeInVain(change)
      #expect(try await stored.snapshot() == before, "\(name), in vain")
      try await stored.change(change)
      let after = try await stored.snapshot()
      #expect(after != before, "\(name)")
      try await stored.reopen()
      let loaded = try await stored.snapshot()
      let differences = Set(loaded).symmetricDifference(after).sorted()
      #expect(differences == [], "\(name), after a restart")
    }
    #expect(try await stored.rows("warning") == 2)
    // Raised, acknowledged, cleared, raised, cleared; nobody hears of what was taken back.
    let told = try await stored.store.read { (connection) throws(StoreError) in
      try connection.head(of: WarningFeeds.warnings)
    }
    #expect(told == 5)
    // Two to stop and to go on, two of the preset; the second version told nobody.
    #expect(try await stored.rows("warning_instruction") == 4)
    await stored.store.close()
  }

  @Test func aHoldCountsTheClockThatNobodySets() async throws {
    let stored = try StoredWarnings()
    try await stored.change { (book, batch) throws(WarningFailure) in
      _ = try book.put(Self.rule(hold: 60), expecting: 0, batch)
    }
    try await stored.change(Self.report(100))
    stored.clock.stepWall(by: .seconds(86_400))
    stored.clock.advance(by: .seconds(59))
    #expect(try await stored.look { $0.openWarnings.count } == 0)
    stored.clock.advance(by: .seconds(1))
    while try await stored.look({ $0.openWarnings.count }) == 0 {}
    await stored.store.close()
  }

  @Test func whatIsOldIsPruned() async throws {
    let stored = try StoredWarnings()
    for (_, change) in Self.changes { try await stored.change(change) }
    let signals = try await stored.rows("warning_signal")
    #expect(signals > 0)
    stored.clock.advance(by: .seconds(8 * 86_400))
    while try await stored.rows("warning_signal") > 0 { stored.clock.advance(by: .seconds(61)) }
    // With the one that was held.
    #expect(try await stored.rows("warning") == 3, "warnings are kept for longer")
    stored.clock.advance(by: .seconds(91 * 86_400))
    while try await stored.rows("warning_instruction") > 1 {
      stored.clock.advance(by: .seconds(61))
    }
    // The newest stays, so that no id comes again.
    #expect(try await stored.rows("warning") == 1)
    let next = try await stored.look { [$0.nextWarning, $0.nextInstruction] }
    try await stored.reopen()
    #expect(try await stored.look { [$0.nextWarning, $0.nextInstruction] } == next)
    await stored.store.close()
  }

  @Test func unansweredInstructionsHaveALimit() async throws {
    let stored = try StoredWarnings()
    let warning = API.Warning(id: 7, business: "shop")
    let step = PresetStep(attendant: Self.warehouse, kind: .raiseStaff)
    try await stored.change { (book, batch) throws(WarningFailure) in
      for _ in 0..<WarningLimits.openInstructionsPerBusiness + 5 {
        book.instruct(step, warning, batch)
      }
    }
    let (open, oldest) = try await stored.look {
      ($0.instructions.count, $0.byBusiness["shop"]?.first)
    }
    #expect(open == WarningLimits.openInstructionsPerBusiness)
    #expect(oldest == 6)
    await stored.store.close()
  }

  /// Puts and deletes so many rules, whose names begin with `prefix`.
  private static func passing(_ prefix: String, _ count: Int) -> StoredWarnings.Change {
    { (book, batch) throws(WarningFailure) in
      for place in 0..<count {
        _ = try book.put(rule("\(prefix)\(place)"), expecting: 0, batch)
        try book.deleteRule(RuleKey(business: "shop", name: "\(prefix)\(place)"), batch)
      }
    }
  }

  /// The version that a rule gets which is put and deleted again.
  private static func version(_ name: String, in stored: StoredWarnings) async throws -> Int64? {
    try await stored.change { (book, batch) throws(WarningFailure) in
      _ = try book.put(rule(name), expecting: 0, batch)
    }
    let version = try await stored.look {
      $0.rules[RuleKey(business: "shop", name: name)]?.rule.version
    }
    try await stored.change { (book, batch) throws(WarningFailure) in
      try book.deleteRule(RuleKey(business: "shop", name: name), batch)
    }
    return version
  }

  @Test func deletedRulesAreForgottenAndNoVersionComesTwice() async throws {
    let stored = try StoredWarnings()
    let limit = WarningLimits.deletedRules
    try await stored.change(Self.passing("r", limit))
    #expect(try await stored.rows("warning_rule") == Int64(limit))
    // As many as are remembered: each goes on by itself.
    #expect(try await Self.version("r0", in: stored) == 2)
    #expect(try await Self.version("r0", in: stored) == 3)
    let before = try await stored.snapshot()
    try await stored.changeInVain(Self.passing("new", 1))
    #expect(try await stored.snapshot() == before)
    // One more, and all those of the lowest version are forgotten; none begins below what it had.
    try await stored.change(Self.passing("new", 1))
    #expect(try await stored.rows("warning_rule") == 1)
    let after = try await stored.snapshot()
    try await stored.reopen()
    #expect(try await stored.snapshot() == after)
    #expect(try await Self.version("never-seen", in: stored) == 2)
    #expect(try await Self.version("r5", in: stored) == 2)
    #expect(try await Self.version("r0", in: stored) == 4)
    await stored.store.close()
  }
}
