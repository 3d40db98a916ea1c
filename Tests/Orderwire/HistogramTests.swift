import Testing

@testable import orderwire

@Suite struct HistogramTests {
  @Test(arguments: [0, 1, 2047, 2048, 2049, 4095, 4096, 123_456, 1_000_000_007, Histogram.limit])
  func tellsAValueToThreeDigits(value: Int) {
    let highest = Histogram.highest(at: Histogram.index(of: value))
    #expect(highest >= value)
    #expect(Double(highest - value) <= Double(value) / 1000)
    // The next value up is counted at the same place or the next.
    let next = Histogram.index(of: value + 1) - Histogram.index(of: value)
    #expect(next == 0 || next == 1)
  }

  @Test func tellsPercentiles() {
    var histogram = Histogram()
    #expect(histogram.percentile(99) == 0)
    for value in 1...1000 { histogram.record(value) }
    #expect(histogram.percentile(50) == 500)
    #expect(histogram.percentile(99) == 990)
    #expect(histogram.percentile(99.9) == 999)
    #expect(histogram.percentile(100) == 1000)
    #expect(histogram.maximum == 1000)
  }

  @Test func mergesAndClamps() {
    var one = Histogram()
    one.record(-5)
    var other = Histogram()
    other.record(.max)
    other.record(10)
    one.merge(other)
    #expect(one.count == 3)
    #expect(one.percentile(1) == 0)
    #expect(one.percentile(60) == 10)
    #expect(one.maximum == Histogram.limit)
  }
}

@Suite struct RequestIDSourceTests {
  @Test func makesVersion7WithItsTimeInFront() {
    var source = RequestIDSource(seed: 1)
    let id = source.next(milliseconds: 0x0123_4567_89ab)
    #expect(id.hasPrefix("01234567-89ab-7"))
    #expect(id.utf8.count == 36)
    let groups = id.split(separator: "-")
    #expect(groups.map(\.count) == [8, 4, 4, 4, 12])
    #expect("89ab".contains(groups[3].first ?? "x"))
  }

  @Test func makesNoneTwice() {
    var first = RequestIDSource(seed: 1)
    var second = RequestIDSource(seed: 2)
    var seen: Set<String> = []
    for _ in 0..<10_000 {
      seen.insert(first.next(milliseconds: 5))
      seen.insert(second.next(milliseconds: 5))
    }
    #expect(seen.count == 20_000)
  }
}
