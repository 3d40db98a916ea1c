import Testing

@testable import Numbers

/// What a call may ask of a list or a watch, and what a list's token says.
@Suite struct WatchRuleTests {
  static let long = String(repeating: "h", count: 129)

  @Test(
    arguments: [
      ("", [], nil), (String(long.dropLast()), [.live], nil), (long, [], .holderInvalid),
      ("", Array(repeating: .expired, count: 16), nil),
      ("", Array(repeating: .expired, count: 17), .statesOutOfRange),
      ("", [.live, nil], .stateUnknown(1)),
    ] as [(String, [MarkState?], Refusal?)])
  func filters(_ holder: String, _ states: [MarkState?], _ refusal: Refusal?) {
    let result = Result { () throws(Refusal) in
      try LockFilter(holder: holder, states: states).holder
    }
    #expect(result == refusal.map { .failure($0) } ?? .success(holder))
  }

  @Test func everyEventHasItsStateOrNone() {
    let states = NumberEvent.Kind.allCases.map { NumberEvent(kind: $0, time: 0).markState }
    #expect(
      states == [nil, nil, .live, .live, .live, .released, .expired, .completed, nil, .live])
  }

  static func position(_ table: ListPosition.Table, _ key: Int64) -> ListPosition {
    var position = ListPosition(table)
    (position.edition, position.period, position.serial) = (key, key, key)
    return position
  }

  @Test(arguments: [
    ListPosition(.live), position(.live, 0), position(.completed, -1), position(.returned, .max),
  ])
  func aTokenIsReadAsItWasWritten(_ position: ListPosition) throws {
    let token = ListToken(position, snapshot: .max, fingerprint: .max)
    #expect(try ListToken(token.text, fingerprint: .max) == token)
    #expect(throws: Refusal.pageTokenInvalid) { try ListToken(token.text, fingerprint: 1) }
  }

  @Test(arguments: [
    "", ".", "0.0.0.0.0", "0.0.0.0.0.0.0", "3.0.0.0.0.7", "0.0.0.0.3w5e11264sgsf.7", "0.0.0.0.-1.7",
    "0.0.0.0. .7", "0.0.0.0.0.7.", String(repeating: "0", count: 1_000),
  ])
  func whatIsNoTokenIsRefused(_ text: String) {
    #expect(throws: Refusal.pageTokenInvalid) { try ListToken(text, fingerprint: 7) }
  }

  /// Neighbouring texts don't run into each other.
  @Test func listsAreToldApart() {
    func fingerprint(_ texts: [String], _ number: Int64) -> UInt64 {
      var fingerprint = ListFingerprint()
      for text in texts { fingerprint.add(text) }
      fingerprint.add(number)
      return fingerprint.value
    }
    let all = [
      fingerprint(["ab", "c"], 0), fingerprint(["a", "bc"], 0), fingerprint(["abc", ""], 0),
      fingerprint(["ab", "c"], 1), fingerprint(["ab", "c"], 1 << 56),
    ]
    #expect(Set(all).count == all.count)
  }
}
