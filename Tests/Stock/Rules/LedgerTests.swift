import Testing

@testable import Stock

/// The table at the head of StockMove.swift.
@Suite struct LedgerTests {
  typealias Step = (kind: MoveKind, quantity: Int64, reference: String)

  /// What is decided after some steps for one good, one after the other.
  private static func ledger(_ steps: [Step], good: String = "tea") throws(StockRefusal) -> Ledger {
    let ledger = Ledger()
    for step in steps {
      var draft = LedgerDraft(ledger)
      _ = try draft.record(Self.move(step, good), field: "movements[0]")
      _ = ledger.take(draft)
    }
    return ledger
  }

  private static func move(_ step: Step, _ good: String = "tea") -> StockMove {
    StockMove(
      id: "", good: good, kind: step.kind, quantity: step.quantity, reference: step.reference)
  }

  private static let figures: [(String, [Step], StockFigures)] = [
    ("received", [(.received, 5, "")], StockFigures(onHand: 5)),
    ("shipped", [(.shipped, 5, "")], StockFigures(onHand: -5, shipped: 5)),
    ("counted", [(.received, 5, ""), (.counted, 3, "")], StockFigures(onHand: 3)),
    ("counted none", [(.shipped, 5, ""), (.counted, 0, "")], StockFigures(shipped: 5)),
    ("in transit", [(.inTransit, 5, "c")], StockFigures(inTransit: 5)),
    (
      "part of it came", [(.inTransit, 5, "c"), (.received, 2, "c")],
      StockFigures(onHand: 2, inTransit: 3)
    ),
    ("more of it came", [(.inTransit, 5, "c"), (.received, 7, "c")], StockFigures(onHand: 7)),
    (
      "another came", [(.inTransit, 5, "c"), (.received, 2, "d")],
      StockFigures(onHand: 2, inTransit: 5)
    ),
    (
      "the rest won't", [(.inTransit, 5, "c"), (.received, 2, "c"), (.transitEnded, 0, "c")],
      StockFigures(onHand: 2)
    ),
    (
      "some won't", [(.inTransit, 5, "c"), (.transitEnded, 4, "c")], StockFigures(inTransit: 1)
    ),
    ("reserved", [(.reserved, 5, "o")], StockFigures(reserved: 5)),
    (
      "reserved twice", [(.reserved, 5, "o"), (.reserved, 2, "o")], StockFigures(reserved: 7)
    ),
    (
      "part of it went", [(.reserved, 5, "o"), (.shipped, 2, "o")],
      StockFigures(onHand: -2, reserved: 3, shipped: 2)
    ),
    (
      "more of it went", [(.reserved, 5, "o"), (.shipped, 9, "o")],
      StockFigures(onHand: -9, shipped: 9)
    ),
    (
      "another went", [(.reserved, 5, "o"), (.shipped, 2, "p")],
      StockFigures(onHand: -2, reserved: 5, shipped: 2)
    ),
    ("cancelled", [(.reserved, 5, "o"), (.released, 0, "o")], StockFigures()),
    (
      "cancelled twice", [(.reserved, 5, "o"), (.released, 0, "o"), (.released, 0, "o")],
      StockFigures()
    ),
    ("cancelled in part", [(.reserved, 5, "o"), (.released, 2, "o")], StockFigures(reserved: 3)),
    (
      "an order named as a consignment", [(.reserved, 5, "x"), (.received, 5, "x")],
      StockFigures(onHand: 5, reserved: 5)
    ),
  ]

  @Test(arguments: figures)
  func whatMovementsDo(name: String, steps: [Step], expected: StockFigures) throws {
    let ledger = try Self.ledger(steps)
    #expect(ledger.goods[ExactText("tea")]?.figures == expected, "\(name)")
    #expect(ledger.sequence == Int64(steps.count))
    #expect(ledger.open.values.allSatisfy { $0 > 0 })
  }

  private static let fits: [([Step], [Step], Bool)] = [
    ([(.reserved, 5, "o")], [(.released, 0, "o")], true),
    ([(.reserved, 5, "o")], [(.released, 5, "o")], true),
    ([(.reserved, 5, "o")], [(.released, 4, "o")], false),
    ([(.reserved, 5, "o")], [(.shipped, 5, "o")], true),
    ([(.reserved, 5, "o")], [(.shipped, 9, "o")], true),
    ([(.reserved, 5, "o")], [(.shipped, 4, "o")], false),
    ([(.reserved, 5, "o")], [(.shipped, 5, "")], false),
    ([(.reserved, 5, "o")], [(.reserved, 5, "o")], false),
    ([(.reserved, 5, "o"), (.released, 0, "o")], [(.released, 0, "o")], false),
    ([(.inTransit, 5, "c")], [(.received, 5, "c")], true),
    ([(.inTransit, 5, "c")], [(.received, 4, "c")], false),
    ([(.inTransit, 5, "c")], [(.transitEnded, 0, "c")], true),
    (
      [(.reserved, 5, "o"), (.reserved, 1, "p")], [(.released, 0, "o"), (.released, 0, "p")], true
    ),
    ([(.reserved, 5, "o")], [(.released, 0, "o"), (.received, 1, "")], false),
    ([(.reserved, 5, "o")], [(.released, 0, "o"), (.reserved, 1, "o")], false),
    ([(.reserved, 5, "o")], [(.released, 2, "o"), (.released, 3, "o")], false),
    ([], [(.reserved, 5, "o"), (.released, 0, "o")], false), ([], [(.counted, 0, "")], false),
  ]

  @Test(arguments: fits)
  func whatAFullLedgerTakes(before: [Step], steps: [Step], fits: Bool) throws {
    var draft = LedgerDraft(try Self.ledger(before))
    for step in steps { _ = try draft.record(Self.move(step), field: "m") }
    #expect(draft.fitsFull(isCancellation: false) == fits)
    #expect(draft.fitsFull(isCancellation: true))
  }

  private static let refusals: [([Step], Step, StockRefusal)] = [
    ([], (.released, 1, "o"), .openExceeded(field: "m.quantity", open: 0)),
    (
      [(.reserved, 5, "o")], (.released, 6, "o"), .openExceeded(field: "m.quantity", open: 5)
    ),
    ([(.reserved, 5, "o")], (.transitEnded, 1, "o"), .openExceeded(field: "m.quantity", open: 0)),
    (
      [(.inTransit, 5, "c")], (.transitEnded, 6, "c"), .openExceeded(field: "m.quantity", open: 5)
    ),
  ]

  @Test(arguments: refusals)
  func whatIsRefused(steps: [Step], last: Step, refusal: StockRefusal) throws {
    var draft = LedgerDraft(try Self.ledger(steps))
    #expect(throws: refusal) { try draft.record(Self.move(last), field: "m") }
    #expect(draft.entries.isEmpty && draft.goods.isEmpty && draft.open.isEmpty)
  }

  @Test func figuresHaveABound() throws {
    let ledger = Ledger()
    ledger.goods[ExactText("tea")] = Ledger.Good(
      figures: StockFigures(onHand: StockLimits.figure - 1, shipped: 0))
    var draft = LedgerDraft(ledger)
    _ = try draft.record(Self.move((.received, 1, "")), field: "m")
    #expect(throws: StockRefusal.figureOutOfRange(field: "m")) {
      try draft.record(Self.move((.received, 1, "")), field: "m")
    }
    #expect(draft.entries.count == 1)
  }

  /// Random histories, in calls of several, some taken back: figures are what a recomputation from all entries
  /// gives, and what is open adds up to them.
  @Test(arguments: 0..<200)
  func figuresAreARecomputation(seed: UInt64) throws {
    var random = Seeded(state: seed)
    let ledger = Ledger()
    var entries: [StockEntry] = []
    for _ in 0..<60 {
      var draft = LedgerDraft(ledger)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let kind = MoveKind.allCases.randomElement(using: &random) ?? .counted
        let isBare = !kind.needsReference && Bool.random(using: &random)
        let step: Step = (
          kind, Int64.random(in: kind.least...9, using: &random),
          isBare || kind.reference == nil ? "" : ["a", "b"].randomElement(using: &random) ?? "a"
        )
        let good = ["tea", "rice"].randomElement(using: &random) ?? "tea"
        _ = try? draft.record(Self.move(step, good), field: "m")
      }
      let before = Self.text(ledger)
      let way = ledger.take(draft)
      guard Int.random(in: 0..<4, using: &random) > 0 else {
        ledger.takeBack(way)
        #expect(Self.text(ledger) == before)
        continue
      }
      #expect(draft.sequence == ledger.sequence)
      entries += draft.entries
    }
    #expect(entries.map(\.sequence) == (1...ledger.sequence).map { $0 })
    for (name, good) in ledger.goods {
      let own = entries.filter { ExactText($0.move.good) == name }
      #expect(good.figures == Recomputation(own.map(\.move)).figures, "\(name), seed \(seed)")
      #expect(good.figures == own.last?.after && good.sequence == own.last?.sequence)
      var sum = StockFigures()
      for entry in own {
        sum = try #require(sum.changed(by: entry.change))
        #expect(sum == entry.after)
      }
      for kind in OpenKind.allCases {
        let open = ledger.open.filter { $0.key.good == name && $0.key.kind == kind }.values
        let figure = kind == .order ? good.figures.reserved : good.figures.inTransit
        #expect(open.reduce(0, +) == figure && open.allSatisfy { $0 > 0 })
      }
    }
  }

  private static func text(_ ledger: Ledger) -> String {
    let goods = ledger.goods.sorted { $0.key.text < $1.key.text }
    let open = ledger.open.map { "\($0.key): \($0.value)" }.sorted()
    return "\(ledger.sequence) \(goods) \(open)"
  }
}

/// The figures once more, from the movements themselves and by other means: what is open is looked for
/// among the movements of each reference.
struct Recomputation {
  var figures = StockFigures()

  init(_ moves: [StockMove]) {
    for move in moves {
      switch move.kind {
      case .received: figures.onHand += move.quantity
      case .shipped:
        figures.onHand -= move.quantity
        figures.shipped += move.quantity
      case .counted: figures.onHand = move.quantity
      case .inTransit, .transitEnded, .reserved, .released: break
      }
    }
    for reference in Set(moves.map(\.reference)) where !reference.isEmpty {
      figures.reserved += Self.left(moves, reference, .reserved, by: [.shipped], .released)
      figures.inTransit += Self.left(moves, reference, .inTransit, by: [.received], .transitEnded)
    }
  }

  private static func left(
    _ moves: [StockMove], _ reference: String, _ opening: MoveKind, by closing: [MoveKind],
    _ ending: MoveKind
  ) -> Int64 {
    var left: Int64 = 0
    for move in moves where move.reference == reference {
      if move.kind == opening { left += move.quantity }
      if closing.contains(move.kind) { left = max(0, left - move.quantity) }
      if move.kind == ending { left = move.quantity == 0 ? 0 : left - move.quantity }
    }
    return left
  }
}

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
