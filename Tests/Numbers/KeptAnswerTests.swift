import API
import Messages
import Testing

@testable import Numbers

@Suite struct KeptAnswerTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let handed: HandedNumbers
    let bytes: Int
  }

  static let time: Int64 = 1_795_276_790_000_000

  static func run(
    _ serials: ClosedRange<Int64>, generation: UInt32 = 1, period: Int32 = 20_778,
    generated: Int64 = time - 1_000_000
  ) -> HandedRun {
    HandedRun(
      period: period, first: serials.lowerBound, last: serials.upperBound, generation: generation,
      generated: generated)
  }

  @Test(arguments: [
    Row(
      testDescription: "one without a lease",
      handed: HandedNumbers(edition: 0, runs: [run(1...1)], lease: 0), bytes: 28),
    Row(
      testDescription: "a thousand in a row",
      handed: HandedNumbers(
        edition: 3, runs: [run(5_001...6_000)], lease: 70_000, expireTime: time + 600_000_000),
      bytes: 36),
    Row(
      testDescription: "some of them back again",
      handed: HandedNumbers(
        edition: 99,
        runs: [
          run(7...7, generation: 2), run(3...4, generation: .max, period: -1), run(9...99),
          run(100...100, period: 0, generated: .min),
        ],
        lease: .max, expireTime: .max), bytes: 90),
    Row(
      testDescription: "the highest serial",
      handed: HandedNumbers(edition: .max, runs: [run(.max ... .max)], lease: 1), bytes: 44),
  ])
  func allocationsAreReadAsTheyWereWritten(_ row: Row) throws {
    let answer = HandedAnswer(handed: row.handed, incarnation: .max - 7)
    let bytes = answer.kept
    #expect(bytes.count <= row.bytes, "\(bytes.count)")
    guard case .pieces(let found) = try HandedAnswer.outcome(kept: bytes) else {
      Issue.record("taken for a response")
      return
    }
    #expect(found.handed == row.handed)
    #expect(found.incarnation == answer.incarnation)
    #expect(found.form == nil)
    for length in 1..<bytes.count where !row.handed.runs.isEmpty {
      // Cut off between two runs it is whole, but of fewer numbers.
      guard case .pieces(let cut)? = try? HandedAnswer.outcome(kept: Array(bytes[..<length]))
      else { continue }
      #expect(cut.handed.count < row.handed.count)
    }
  }

  @Test func endsAreReadAsTheyWereWritten() throws {
    let times = [Self.time, Self.time, Self.time - 5, .min, .max, 0]
    let keeping = KeptEnds.times(count: times.count)
    let bytes = keeping.encode(.pieces(times))
    guard case .pieces(times) = try keeping.decode(bytes) else {
      Issue.record("not the same")
      return
    }
    for count in [0, times.count - 1, times.count + 1] {
      #expect(throws: EventDamage.self) { try KeptEnds.times(count: count).decode(bytes) }
    }
    let released = times.enumerated().map { place, time in
      Released(time: time, isReusable: place.isMultiple(of: 2))
    }
    let releases = KeptEnds.released(count: released.count)
    guard case .pieces(released) = try releases.decode(releases.encode(.pieces(released))) else {
      Issue.record("not the same")
      return
    }
    #expect(throws: EventDamage.self) { try releases.decode([1, 2, 7]) }
  }

  /// As they were kept before there were pieces; and no message begins as pieces do.
  @Test func responsesOfOlderServersAreTakenForSuch() throws {
    let lease = AllocateResponse(leaseID: 7, repeatable: true)
    let whole = AllocateResponse(
      numbers: [AllocatedNumber(number: "SO1", token: Token(incarnation: 1, generation: 1))],
      repeatable: true)
    for response in [lease, whole, AllocateResponse()] {
      guard case .response(response) = try HandedAnswer.outcome(kept: try response.encoded())
      else {
        Issue.record("\(response)")
        continue
      }
    }
  }

  @Test(
    arguments: [
      ("no such form", [2, 0, 0]), ("cut off", [1, 0, 0]), ("a bad flag", start + [0, 0, 2]),
      ("no numbers in a run", start + [0, 0, 0, 0, 2, 0, 0, 1]),
      ("more than a call hands out", start + [0, 0, 0, 0, 2, 0, 0xe9, 0x07, 1]),
      ("a serial below 0", start + [0, 0, 0, 0, 1, 0, 1, 1]),
      ("a generation too high", start + [0, 0, 0, 0, 2, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x1f]),
    ] as [(String, [UInt8])])
  func damageIsNoticed(_ what: String, _ bytes: [UInt8]) {
    #expect(throws: (any Error).self, "\(what)") { try HandedAnswer.outcome(kept: bytes) }
  }

  static let start: [UInt8] = [1] + Array(repeating: 7, count: 8)
}
