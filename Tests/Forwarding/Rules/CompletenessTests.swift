import Testing

@testable import Forwarding

@Suite struct CompletenessTests {
  /// Unit 1 has A and B now, had A until version 5, and was new with version 2; unit 2 is new with 4 and has B.
  private static let rules = RuleHistory(
    version: 6, codes: [1: ["A", "B"], 2: ["B"]],
    changes: [
      .init(version: 2, unit: 1, before: []), .init(version: 3, unit: 9, before: ["A"]),
      .init(version: 4, unit: 2, before: []), .init(version: 5, unit: 1, before: ["A"]),
      .init(version: 6, unit: 9, before: []),
    ])

  @Test(
    arguments: [
      ("A", 0, nil), ("A", 1, []), ("A", 2, [1]), ("B", 3, []), ("B", 4, [2]), ("B", 5, [1, 2]),
      ("A", 6, [1]), ("C", 6, []), ("A", 7, nil),
    ] as [(ExactText, Int64, Set<Int32>?)])
  func ruleHistoryKnowsTheUnitsOfACode(code: ExactText, version: Int64, units: Set<Int32>?) {
    var rules = Self.rules
    #expect(rules.units(of: code, by: version) == units)
  }

  /// The table at its head.
  @Test(
    arguments: [
      (.none, [1], ["lost 0", "unexpected 1"]), (.none, [], ["lost 0"]),
      (.forwarded, [1, 2], []), (.forwarded, [2], ["missing 1"]),
      (.forwarded, [], ["missing 1", "missing 2"]), (.forwarded, [1, 2, 3], ["unexpected 3"]),
      (.lane, [], []), (.quarantined, [], []), (.held, [2], ["unexpected 2"]),
      (.awaiting, [], []), (.behind, [1], ["unexpected 1"]), (.withdrawn, [], []),
      (.withdrawn, [1], ["unexpected 1"]),
    ] as [(OrderPlace, Set<Int32>, [String])])
  func differencesAreTold(place: OrderPlace, units: Set<Int32>, said: [String]) {
    var rules = Self.rules
    var check = Completeness()
    check.check(
      .init(sequence: 7, code: "B", original: 0, place: place, version: 5, units: units),
      by: &rules)
    #expect(check.differences.map { "\($0.kind) \($0.unit)" } == said)
    #expect(check.differences.allSatisfy { $0.sequence == 7 })
    #expect(check.checked == 1)
    #expect(check.forwarded == (place == .forwarded ? 1 : 0))
    #expect(check.waiting == (place.isThrough || place == .none ? 0 : 1))
    #expect(check.withdrawn == (place == .withdrawn ? 1 : 0))
  }

  @Test func aCancellationIsWhereItsOrderIs() {
    var rules = Self.rules
    var check = Completeness()
    for units: Set<Int32> in [[1], [2], []] {
      check.check(
        .init(
          sequence: 8, code: "B", original: 7, place: .forwarded, version: 0, units: units,
          originalUnits: [1]),
        by: &rules)
    }
    #expect(
      check.differences.map { "\($0.kind) \($0.unit)" } == [
        "missing 1", "unexpected 2", "missing 1",
      ])
    #expect(check.unknown == 0)
  }

  @Test func oldRulesAreUnknown() {
    var rules = RuleHistory(version: 6, codes: [1: ["A"]], changes: [])
    var check = Completeness()
    for version: Int64 in [5, 6] {
      check.check(
        .init(sequence: 1, code: "A", original: 0, place: .forwarded, version: version, units: []),
        by: &rules)
    }
    #expect(check.unknown == 1)
    #expect(check.differences.map(\.kind) == [.missing])
  }
}
