import StoreFaults

/// Makes a random history of a seed.
struct HistoryMaker {
  private var random: SeededGenerator
  /// How much time may still pass: requests are remembered for a day, ends are shown for a week,
  /// and both have their own tests.
  private var secondsLeft: Int64 = 82_000

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func history() -> [HistoryStep] {
    var steps = [HistoryStep.calls([create(0)])]
    if chance(50) { steps.append(.calls([create(1)])) }
    for _ in 0..<number(8...40) { steps.append(step()) }
    return steps
  }

  private mutating func create(_ business: Int) -> HistoryCall {
    let kind = HistoryPool.allCases.randomElement(using: &random) ?? .counting
    return HistoryCall(of: business, what: .createPool(kind))
  }

  private mutating func step() -> HistoryStep {
    switch number(0...99) {
    case 0..<62: .calls(calls())
    case 62..<70: .tasks(calls())
    case 70..<82: .pass(seconds: time())
    case 82..<88: .late(seconds: time(), calls())
    case 88..<92: .stepWall(seconds: number(-40_000...20_000))
    case 92..<95: .crash(isCommitted: true, calls())
    case 95..<98: .crash(isCommitted: false, calls())
    default: .restart
    }
  }

  private mutating func time() -> Int64 {
    let wanted: Int64 = chance(15) ? number(1_000...40_000) : number(1...70)
    let seconds: Int64 = min(wanted, secondsLeft)
    secondsLeft -= seconds
    return seconds
  }

  private mutating func calls() -> [HistoryCall] {
    (0..<number(1...5)).map { _ in call() }
  }

  private mutating func call() -> HistoryCall {
    var call = HistoryCall(of: chance(75) ? 0 : 1, what: what())
    switch number(0...9) {
    case 0..<5: break
    case 5..<8: call.request = .new
    case 8: call.request = .repeated(back: near())
    default: call.request = chance(30) ? .stolen(back: near()) : .new
    }
    return call
  }

  private mutating func what() -> HistoryCall.What {
    switch number(0...99) {
    case 0..<36: .allocate(count: count(), holder: number(0...2), lease())
    case 36..<38: .imports(imports(), seconds: chance(30) ? number(0...90) : nil)
    case 38..<58: .complete(numbers(), fen: chance(80) ? number(0...999) : nil)
    case 58..<76: .release(numbers())
    case 76..<81: .createLease(seconds: chance(60) ? number(0...120) : nil, holder: number(0...2))
    case 81..<88: .renew(back: near(), byOther: chance(10))
    case 88..<92: .updatePool(change())
    case 92..<95: stopOrResume()
    case 95: .quota(holder: number(0...2), limit: chance(40) ? nil : number(0...15))
    case 96..<98: .inVain(count: number(1...30))
    default: create(number(0...1)).what
    }
  }

  private mutating func stopOrResume() -> HistoryCall.What {
    let target = chance(70) ? HistoryCall.Switch.generation : .business
    let warning: Int? = chance(60) ? number(1...2) : nil
    return switch number(0...9) {
    case 0..<4: .stop(target, warning: warning)
    case 4..<8: .resume(target, warning: warning)
    default: .resumeAll(target)
    }
  }

  private mutating func count() -> Int { chance(85) ? number(1...6) : number(0...25) }

  private mutating func lease() -> HistoryLease {
    switch number(0...9) {
    case 0..<5: .usual
    case 5..<7: .ttl(seconds: number(0...90))
    default: .existing(back: near())
    }
  }

  private mutating func numbers() -> [HistoryNumber] {
    (0..<(chance(60) ? 1 : number(1...4))).map { _ in
      HistoryNumber(back: chance(70) ? near() : number(0...60), mistake: mistake())
    }
  }

  private mutating func imports() -> [HistoryImport] {
    (0..<number(1...4)).map { _ in
      HistoryImport(
        serial: chance(40) ? .passed(back: near()) : .ahead(chance(90) ? number(1...7) : -near()),
        template: chance(80) ? 0 : 1,
        holder: number(0...2),
        end: chance(40) ? .completed(fen: chance(60) ? number(0...999) : nil) : .none)
    }
  }

  private mutating func mistake() -> HistoryNumber.Mistake {
    switch number(0...39) {
    case 0: .otherHolder
    case 1: .otherStore
    case 2: .noToken
    case 3: .neverGiven
    default: .none
    }
  }

  private mutating func change() -> HistoryChange {
    switch number(0...7) {
    case 7: .quota(chance(50) ? nil : number(0...20))
    case 0: .template(number(0...6))
    case 1: .quarantine(seconds: number(0...90))
    case 2: .reuse(number(1...3))
    case 3: .maxAge(seconds: chance(50) ? nil : number(0...300))
    case 4:
      .watermarks(low: number(0...8), high: number(4...25))
    case 5: .leases(number(1...2))
    default: .defaultLease(seconds: number(1...120))
    }
  }

  /// Mostly the last, seldom further back.
  private mutating func near<Value: FixedWidthInteger>() -> Value {
    chance(70) ? number(0...3) : number(0...12)
  }
  private mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

  private mutating func number<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) -> Value {
    .random(in: range, using: &random)
  }
}
