import Testing

@testable import Forwarding

/// What a scan by words finds is what a look at every place finds.
@Suite struct PlaceScanTests {
  @Test(arguments: [2, 4]) func firstIsFoundWhereItIs(bits: Int) {
    var random = IntakeHistoryTests.Random(state: UInt64(bits))
    var blocks = PlaceBlocks(bits: bits)
    let most = UInt8(1 << bits) - 1
    for _ in 0..<300 {
      blocks[Int64.random(in: 1...4_500, using: &random)] = UInt8.random(
        in: 1...most, using: &random)
    }
    for _ in 0..<400 {
      let start = Int64.random(in: -3...5_000, using: &random)
      let end = Int64.random(in: 0...5_000, using: &random)
      let place = UInt8.random(in: 1...most, using: &random)
      let slow =
        start > end ? nil : (max(start, 0)...max(end, 0)).first { $0 <= end && blocks[$0] == place }
      #expect(blocks.first(at: place, from: start, through: end) == slow)
    }
  }
}
