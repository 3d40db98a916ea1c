import StoreFaults
import Testing

@testable import Numbers

@Suite struct AgeBlocksTests {
  /// Numbers come, go, and are taken back: what is counted is always what a look at each finds.
  @Test func countsWhatALookAtEachFinds() {
    var random = SeededGenerator(seed: SeededGenerator.seed())
    var series = Slab<Series>()
    let editions: [Int32] = [0, 0, 1]
    let places = editions.map { series.insert(Series(pool: 0, edition: $0, period: 0, next: 1)) }
    var line = Line<ReturnedNumber>()
    var next: Int64 = 1
    var blocks = AgeBlocks(size: 8)
    for step in 0..<3_000 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0 where !line.isEmpty:
        line.undoAppend()
        next -= 1
        blocks.forget(next)
      case 1 where line.count > 40: line.takeFirst(Int.random(in: 1...20, using: &random))
      default:
        // Mostly of one template, so that there are blocks of one and of several.
        let isOdd = Int.random(in: 0..<40, using: &random) == 0
        line.append(
          ReturnedNumber(
            series: places[isOdd ? 2 : step % 2], generation: 1, serial: 1,
            generated: Int64.random(in: 0..<100, using: &random), returned: 0, event: 0))
        next += 1
      }
      line.forget()
      let waiting = line.waiting
      blocks.forget(before: next - Int64(waiting.count), waiting: waiting.count)
      let part = waiting.dropLast(Int.random(in: 0...waiting.count, using: &random))
      let oldest = Int64.random(in: 0...100, using: &random)
      let edition = Int32.random(in: 0...1, using: &random)
      let found = blocks.count(
        part, end: next - Int64(waiting.count - part.count), edition: edition, since: oldest,
        in: series)
      let meant = part.count {
        $0.generated >= oldest && editions[places.firstIndex(of: $0.series) ?? 0] == edition
      }
      #expect(found == Int64(meant), "step \(step)")
    }
  }
}
