import Testing

@testable import orderwire

@Suite struct OrderCheckTests {
  /// Plays what happens to orders of two keys at one unit, a word each: `h` handed, `a` acknowledged, `c` confirmed,
  /// `r` refused; `B` for those of the second key, and a number for the position. Two were given in of each key, and a
  /// third of the first key wasn't answered. A settlement is of the delivery that came last of its order, or, with `'`,
  /// of the one before.
  static func play(_ script: String) -> OrderCheck {
    var check = OrderCheck(units: 1, keys: 2)
    for key in 0...1 {
      for position in 1...2 { check.begin(OrderMark(key: key, position: position)) }
      check.answer(OrderMark(key: key, position: 2))
    }
    check.begin(OrderMark(key: 0, position: 3))
    var wasDone: [OrderMark: [Bool]] = [:]
    var token = 0
    for word in script.split(separator: " ") {
      var letters = word
      let isBefore = letters.last == "'"
      if isBefore { letters.removeLast() }
      let kind = letters.removeFirst()
      let key = letters.first == "B" ? 1 : 0
      if key == 1 { letters.removeFirst() }
      let mark = OrderMark(key: key, position: Int(letters) ?? 0)
      let delivery = wasDone[mark, default: []].suffix(isBefore ? 2 : 1).first ?? false
      switch kind {
      case "h":
        token += 1
        wasDone[mark, default: []].append(check.handed(mark, token: token, at: 0))
      case "a": check.acknowledge(mark, at: 0)
      default: check.settled(mark, at: 0, wasDone: delivery, isRefused: kind == "r")
      }
    }
    check.end()
    return check
  }

  static let rest = " hB1 aB1 cB1 hB2 aB2 cB2"

  @Test(
    arguments: [
      // All as it should be.
      ("h1 a1 c1 h2 a2 c2", [:]),
      // The answer may come after the next order, on another stream.
      ("h1 a1 h2 a2 c2 c1", [:]),
      // One that wasn't answered may come, or not.
      ("h1 a1 c1 h2 a2 c2 h3 a3 c3", [:]),
      // A consumer is lost with it: it comes again.
      ("h1 h1 a1 c1 h2 a2 c2", [:]),
      // The acknowledgement, or its answer, was lost: it may come again, or not.
      ("h1 a1 h1 a1 c1 h2 a2 c2", [:]),
      ("h1 a1 h2 a2 c2", [:]),
      // Taken from a stream that was cut off, after another consumer had done it: proves nothing.
      ("h1 a1 c1 h1 h2 a2 c2 h1 a1", [:]),
      // Never handed out; handed out to one who was lost, and not again.
      ("h1 a1 c1", [.lost: 1]),
      ("h1 a1 c1 h2", [.lost: 1]),
      ("", [.lost: 2]),
      // Passed over for good, or for a while.
      ("h2 a2 c2", [.lost: 1]),
      ("h1 a1 c1 h3 a3 c3", [.lost: 1]),
      ("h2 a2 c2 h1 a1 c1", [.disordered: 1]),
      ("h2 a2 c2 h1", [.disordered: 1, .lost: 1]),
      // Both of a key in hand at a time.
      ("h1 h2 a1 c1 a2 c2", [.early: 1]),
      // Again after it was confirmed; taken again, or refused.
      ("h1 a1 c1 h1 a1 c1 h2 a2 c2", [.doubled: 1]),
      ("h1 a1 c1 h1 a1 r1 h2 a2 c2", [.doubled: 1, .refused: 1]),
      // Its acknowledgement wasn't answered, but the next of its key came.
      ("h1 a1 h2 a2 c2 h1 a1 c1", [.doubled: 1]),
      // In the hands of two at a time, both alive.
      ("h1 h1 a1' a1 c1' c1 h2 a2 c2", [.doubled: 1]),
      ("h1 h1 a1' a1 c1' r1 h2 a2 c2", [.refused: 1]),
      ("h1 a1 r1 h1 a1 c1 h2 a2 c2", [.refused: 1]),
      // Nobody gave it in.
      ("h1 a1 c1 h2 a2 c2 h4 a4 c4", [.foreign: 1]),
      ("h0 a0 c0 h1 a1 c1 h2 a2 c2", [.foreign: 1]),
    ] as [(String, [OrderCheck.Finding: Int])])
  func findsWhatIsWrong(script: String, findings: [OrderCheck.Finding: Int]) {
    let check = Self.play(script + Self.rest)
    #expect(check.counts == findings)
    #expect(check.report.isRight == findings.isEmpty)
    #expect(check.report.lines.last?.hasSuffix(findings.isEmpty ? "right" : "WRONG") == true)
  }

  @Test func aKeyIsNothingToAnother() {
    // Each order of the one between those of the other.
    #expect(Self.play("h1 hB1 a1 aB1 c1 h2 cB1 hB2 aB2 cB2 a2 c2").counts.isEmpty)
  }

  @Test func aTokenIsOfOneDeliveryAtAllUnits() {
    var check = OrderCheck(units: 2, keys: 1)
    check.begin(OrderMark(key: 0, position: 1))
    let mark = OrderMark(key: 0, position: 1)
    for unit in 0...1 { _ = check.handed(mark, token: 1 << 40 + 7, at: unit) }
    #expect(check.counts == [.tokenTwice: 1])
    #expect(check.examples == [.init(finding: .tokenTwice, unit: 1, mark: mark)])
  }

  @Test func whatOneUnitGotIsNothingToAnother() {
    var check = OrderCheck(units: 2, keys: 1)
    let mark = OrderMark(key: 0, position: 1)
    check.begin(mark)
    check.answer(mark)
    _ = check.handed(mark, token: 1, at: 0)
    check.acknowledge(mark, at: 0)
    check.settled(mark, at: 0, wasDone: false, isRefused: false)
    check.end()
    #expect(check.counts == [.lost: 1])
    #expect(check.examples == [.init(finding: .lost, unit: 1, mark: mark)])
  }

  @Test func countsWhatHasNoAnswer() {
    let check = Self.play("h1 a1 h1 a1 c1 h2 a2" + Self.rest)
    #expect(check.counts.isEmpty)
    #expect((check.again, check.unconfirmed, check.deliveries, check.orders) == (1, 1, 5, 4))
  }

  @Test func keepsNoMoreExamplesThanAPersonWants() {
    var check = OrderCheck(units: 1, keys: 1)
    for token in 0..<100 { _ = check.handed(nil, token: token, at: 0) }
    #expect(check.counts == [.foreign: 100])
    #expect(check.examples.count == OrderCheck.examplesKept)
  }
}
