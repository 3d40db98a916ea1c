import StoreFaults
import Testing

@testable import Warnings

/// What is kept over a restart, and what is due when.
@Suite struct WarningStorageTests {
  @Test func aHistoryComesBackAsItWas() throws {
    var history = DemandHistory()
    var now = ForecastTests.start
    for total in 0..<3_000 {
      now += ForecastLimits.minute
      history.look(Int64(total * total), at: now)
    }
    var kept = try #require(DemandHistory(bytes: history.bytes))
    #expect(kept.minutes == history.minutes && kept.slots == history.slots)
    #expect(kept.last == history.last)
    // From the next look on it says the same, but for what was outstanding.
    now += ForecastLimits.minute
    history.look(9_000_000, at: now)
    kept.look(9_000_000, at: now)
    #expect(kept.forecast(of: 1_000_000, at: now) == history.forecast(of: 1_000_000, at: now))
  }

  @Test func damagedBytesAreNoHistory() throws {
    let bytes = DemandHistory().bytes
    #expect(DemandHistory(bytes: []) == nil)
    for count in stride(from: 0, to: bytes.count, by: 97) {
      #expect(DemandHistory(bytes: Array(bytes.prefix(count))) == nil)
    }
    var random = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      var damaged = bytes
      for _ in 0..<20 {
        damaged[Int.random(in: 8..<bytes.count, using: &random)] =
          UInt8.random(in: 0...255, using: &random)
      }
      // Whatever it makes of it, it doesn't crash on it.
      guard var history = DemandHistory(bytes: damaged) else { continue }
      history.look(5, at: ForecastTests.start)
      history.look(9, at: ForecastTests.start + ForecastLimits.minute)
      _ = history.forecast(of: 100, at: ForecastTests.start + ForecastLimits.minute)
    }
  }

  @Test func theHeapGivesTheEarliestFirst() {
    var random = SeededGenerator(seed: 3)
    var heap = DueHeap<Int64>()
    var dues: [Int64] = []
    for _ in 0..<500 {
      let due = Int64.random(in: 0..<1_000, using: &random)
      heap.insert(due, due: due)
      dues.append(due)
    }
    #expect(heap.popDue(at: -1) == nil)
    var popped: [Int64] = []
    while let next = heap.popDue(at: 1_000) { popped.append(next) }
    #expect(popped == dues.sorted())
    #expect(heap.earliest == nil)
  }

  @Test(arguments: [
    "", "5", "5-", "-5", "a-b", "0-1", "5--1", "05-1", "5-1-2", "1-99999999999999999999",
  ])
  func tokensOfPages(text: String) {
    if text.isEmpty {
      #expect((try? WarningPageToken(text))?.below == .max)
    } else {
      #expect(throws: WarningRefusal.pageTokenInvalid) { try WarningPageToken(text) }
    }
    #expect((try? WarningPageToken("17-3")) == WarningPageToken(below: 17, head: 3))
  }

  @Test func aDryRunSaysWhatTheWatchWould() {
    var run = DryRun(.threshold(.above, raise: 100, clear: 50), hold: 10, from: 0)
    for (time, value) in [(0, 120.0), (5, 60), (20, 120), (25, 130), (40, 40), (45, 120), (60, 40)]
    {
      let isTaken = run.take(value, at: Int64(time))
      #expect(isTaken)
    }
    run.finish(at: 65)
    #expect(run.warnings == [DryRun.Warning(raised: 30, cleared: nil, value: 130)])
    run.finish(at: 70)
    #expect(run.warnings == [DryRun.Warning(raised: 30, cleared: 70, value: 130)])
    #expect(run.values == 7 && !run.isTruncated)
  }
}
