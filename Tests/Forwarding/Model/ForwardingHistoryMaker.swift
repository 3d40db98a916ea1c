import StoreFaults

/// Makes a random history of a seed.
struct ForwardingHistoryMaker {
  private var random: SeededGenerator
  /// Few keys bring long lines, many bring many at once.
  private let keys: Int
  private let mood: Mood

  /// What seldom comes together by chance.
  private enum Mood: CaseIterable {
    case usual
    /// Units can't process most of what they get.
    case failing
    /// Consumers are lost with what they have in hand, again and again.
    case losing
  }

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    keys = .random(in: 1...8, using: &random)
    mood = Mood.allCases.randomElement(using: &random) ?? .usual
  }

  static let units = 3
  static let codes = 5
  static let goods = 3

  mutating func history() -> [ForwardingStep] {
    var steps = [
      ForwardingStep.commands([
        ForwardingCommand(what: unit(0)), ForwardingCommand(what: attach(0)),
      ])
    ]
    if chance(70) {
      steps.append(
        .commands([ForwardingCommand(what: unit(1)), ForwardingCommand(what: attach(1))]))
    }
    for _ in 0..<number(8...45) { steps.append(step()) }
    return steps
  }

  private mutating func step() -> ForwardingStep {
    switch number(0...99) {
    case 0..<72: .commands(commands())
    case 72..<88: .pass(milliseconds: time())
    case 88..<91: .stepWall(seconds: number(-40_000...40_000))
    case 91..<94: .crash(isCommitted: true, commands())
    case 94..<97: .crash(isCommitted: false, commands())
    default: .restart
    }
  }

  private mutating func time() -> Int64 {
    switch number(0...9) {
    case 0..<4: number(1...1_000)
    case 4..<8: number(1_000...20_000)
    default: number(20_000...400_000)
    }
  }

  private mutating func commands() -> [ForwardingCommand] {
    (0..<number(1...4)).map { _ in ForwardingCommand(what: what(), inVain: chance(8)) }
  }

  private mutating func what() -> ForwardingCommand.What {
    let unit = number(0...9) < 6 ? 0 : number(0...Self.units - 1)
    if mood == .losing, chance(25) { return attach(0) }
    if mood == .failing, chance(8) { return .redrive(unit, count: 1) }
    return switch number(0...99) {
    case 0..<28: .submit((0..<number(1...4)).map { _ in order() })
    case 28..<33: .cancel(back: near(), reason: chance(85) ? 0 : 1)
    case 33..<35: .good(number(0...Self.goods - 1))
    case 35..<37:
      .intake(lanes: number(1...4), milliseconds: number(0...3_000), batch: number(1...5))
    case 37..<43: self.unit(unit)
    case 43: .delete(unit, force: chance(50))
    case 44: .pause(unit)
    case 45..<48: .resume(unit)
    case 48..<54: attach(unit)
    case 54..<57: .leave(unit, name: number(0...1), isLost: chance(60))
    case 57: .credits(unit, name: number(0...1), number(0...5))
    case 58..<90: .settle(unit, name: number(0...1), (0..<number(1...5)).map { _ in act() })
    case 90..<94: .stale(unit, back: near())
    case 94..<97: .redrive(unit, count: number(1...3))
    default: .purge(unit, count: number(1...3))
    }
  }

  private mutating func order() -> HistoryOrder {
    switch number(0...19) {
    case 0..<16:
      .new(
        key: number(0...keys - 1), code: number(0...Self.codes - 1), goods: goods(),
        isPoison: chance(12))
    case 16..<18: .again(back: near())
    case 18: .version(back: near(), code: number(0...Self.codes - 1))
    default: chance(30) ? .changed(back: near()) : .again(back: near())
    }
  }

  private mutating func goods() -> [Int] {
    chance(85) ? [] : Array(0..<Self.goods).filter { _ in chance(50) }
  }

  private mutating func act() -> HistoryAct {
    switch mood {
    case .usual: break
    case .failing:
      if chance(60) { return .refuse(milliseconds: chance(80) ? 0 : number(1...9_000)) }
    case .losing: if chance(70) { return .nothing }
    }
    return switch number(0...19) {
    case 0..<12: .acknowledge
    case 12..<16: .refuse(milliseconds: chance(50) ? 0 : number(1...60_000))
    case 16: .extend(seconds: number(1...120))
    default: .nothing
    }
  }

  private mutating func unit(_ unit: Int) -> ForwardingCommand.What {
    .unit(
      unit, codes: (0..<Self.codes).filter { _ in chance(45) },
      chance(mood == .failing ? 10 : 40)
        ? nil
        : HistoryConsumption(
          seconds: mood == .losing ? 60 : number(1...60), attempts: number(1...3),
          keyWaits: chance(40),
          breaker: mood == .failing ? number(2...4) : chance(50) ? 0 : number(1...4)))
  }

  private mutating func attach(_ unit: Int) -> ForwardingCommand.What {
    .attach(unit, name: number(0...1), credits: number(1...5))
  }

  /// Mostly the last, seldom further back.
  private mutating func near() -> Int { chance(70) ? number(0...3) : number(0...15) }

  private mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

  private mutating func number<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) -> Value {
    .random(in: range, using: &random)
  }
}
