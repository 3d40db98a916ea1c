import Testing

@testable import Numbers

/// Every state of a number against every call, token and caller.
@Suite struct LockStateTests {
  enum State: CaseIterable {
    case live, completed, released, expired, handedOutAgain, retired, inStock, neverMade
  }

  enum Call: CaseIterable { case complete, release }

  enum Outcome: Equatable {
    case done
    case asTheFirst
    case refused(Refusal)
  }

  static let table: [(State, Call, Outcome)] = [
    (.live, .complete, .done),
    (.live, .release, .done),
    (.completed, .complete, .asTheFirst),
    (.completed, .release, .refused(.numberCompleted(0))),
    (.released, .complete, .refused(.numberReleased(0))),
    (.released, .release, .asTheFirst),
    (.expired, .complete, .refused(.numberExpired(0))),
    (.expired, .release, .refused(.numberExpired(0))),
    (.handedOutAgain, .complete, .refused(.tokenStale(0))),
    (.handedOutAgain, .release, .refused(.tokenStale(0))),
    (.retired, .complete, .refused(.numberReleased(0))),
    (.retired, .release, .asTheFirst),
    (.inStock, .complete, .refused(.numberUnknown(0))),
    (.inStock, .release, .refused(.numberUnknown(0))),
    (.neverMade, .complete, .refused(.numberUnknown(0))),
    (.neverMade, .release, .refused(.numberUnknown(0))),
  ]

  @Test func theTableIsComplete() {
    #expect(Self.table.count == State.allCases.count * Call.allCases.count)
  }

  @Test(arguments: table)
  func decides(state: State, call: Call, outcome: Outcome) throws {
    let (shop, number) = try number(in: state)
    let time = shop.now.wall
    shop.advance(seconds: 1)
    let expected = outcome == .asTheFirst ? time : shop.now.wall
    try check(outcome) {
      let times =
        switch call {
        case .complete: try shop.complete([number])
        case .release: try shop.release([number]).map(\.time)
        }
      #expect(times == [expected])
    }
    #expect(shop.book.contradictions == [])
  }

  /// Whatever the state, a wrong token or caller is refused before anything else is looked at.
  @Test(arguments: State.allCases)
  func refusesTokensAndCallers(state: State) throws {
    guard ![.inStock, .neverMade].contains(state) else { return }
    let (shop, number) = try number(in: state)
    let before = BookSnapshot(shop.book)
    let other = Caller(principal: "", holder: "other")
    for generation: UInt64 in [0, 3, .max] {
      #expect(throws: Refusal.tokenStale(0)) {
        try shop.complete([number], generation: generation)
      }
      #expect(throws: Refusal.tokenStale(0)) {
        try shop.release([number], generation: generation)
      }
    }
    let generation: UInt64 = state == .handedOutAgain ? 2 : 1
    #expect(throws: Refusal.numberNotHeld(0)) {
      try shop.complete([number], generation: generation, as: other)
    }
    #expect(throws: Refusal.numberNotHeld(0)) {
      try shop.release([number], generation: generation, as: other)
    }
    for (token, refusal) in [
      (nil, Refusal.tokenMissing(0)),
      (TokenValue(incarnation: 78, generation: generation), .tokenOfOtherIncarnation(0)),
    ] {
      #expect(throws: refusal) {
        try shop.book.complete(
          CompleteCommand(
            business: "shop", caller: shop.me,
            items: [CompleteCommand.Item(number: number, token: token)]),
          at: shop.now, rows: shop.rows)
      }
    }
    #expect(BookSnapshot(shop.book) == before)
  }

  /// A book with the number in a state that began now, held last by "me" with generation 1 (2 where
  /// it was handed out again).
  private func number(in state: State) throws -> (BookFixture, String) {
    let shop = try BookFixture {
      $0.reuse = state == .retired ? .never : .atOnce
      $0.defaultLease = 10_000_000
    }
    let number = try shop.numbers()[0]
    switch state {
    case .live: break
    case .completed: try shop.complete([number])
    case .released, .retired: try shop.release([number])
    case .expired:
      shop.advance(seconds: 10)
      shop.expire()
    case .handedOutAgain:
      try shop.release([number])
      #expect(try shop.numbers() == [number])
    case .inStock: return (shop, "SO000002")
    case .neverMade: return (shop, "SO900000")
    }
    return (shop, number)
  }

  private func check(_ outcome: Outcome, _ body: () throws -> Void) throws {
    if case .refused(let refusal) = outcome {
      #expect(throws: refusal) { try body() }
    } else {
      try body()
    }
  }

  @Test(arguments: [
    (Caller(principal: "", holder: "a"), Caller(principal: "", holder: "a"), true),
    (Caller(principal: "", holder: "a"), Caller(principal: "", holder: "b"), false),
    (Caller(principal: "dns:x", holder: "a"), Caller(principal: "dns:x", holder: "b"), true),
    (Caller(principal: "dns:x", holder: "a"), Caller(principal: "dns:y", holder: "a"), false),
    (Caller(principal: "dns:x", holder: "a"), Caller(principal: "", holder: "a"), false),
    (Caller(principal: "", holder: "a"), Caller(principal: "dns:x", holder: "a"), false),
  ])
  func theCallerCounts(owner: Caller, caller: Caller, may: Bool) {
    #expect(caller.mayAct(for: owner) == may)
  }
}
