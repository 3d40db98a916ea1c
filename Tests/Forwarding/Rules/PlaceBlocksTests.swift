import Testing

@testable import Forwarding

@Suite struct PlaceBlocksTests {
  @Test(arguments: [2, 4])
  func placesAreKeptApartAndStored(bits: Int) {
    var blocks = PlaceBlocks(bits: bits)
    let most = UInt8(1 << bits - 1)
    for sequence: Int64 in [1, 2, 31, 32, 1_023, 1_024, 5_000] { blocks[sequence] = most }
    blocks[2] = 1
    blocks[32] = 0
    var loaded = PlaceBlocks(bits: bits)
    for number: Int64 in [0, 1, 4] {
      #expect(blocks.dirty.contains(number))
      let isLoaded = loaded.load(block: number, blocks.bytes(ofBlock: number))
      #expect(isLoaded)
    }
    for (sequence, place): (Int64, UInt8) in [
      (0, 0), (1, most), (2, 1), (3, 0), (31, most), (32, 0), (1_023, most), (1_024, most),
      (1_025, 0), (5_000, most), (1 << 40, 0),
    ] {
      #expect(blocks[sequence] == place)
      #expect(loaded[sequence] == place)
    }
    #expect(
      blocks.sequences(at: most, after: 1, through: 9_000, limit: 3) == [31, 1_023, 1_024])
    #expect(blocks.sequences(at: most, after: 1_024, through: 9_000, limit: 3) == [5_000])
    let isDamageLoaded = loaded.load(block: 0, [1, 2, 3])
    #expect(!isDamageLoaded)
  }

  /// The search of whole words finds what a look at each place finds.
  @Test(arguments: [2, 4])
  func placesAreSearched(bits: Int) {
    var random = IntakeHistoryTests.Random(state: UInt64(bits))
    var blocks = PlaceBlocks(bits: bits)
    let all = Int64(5_000)
    for sequence in 1...all where !(1_024..<2_048).contains(sequence) {
      if random.next() % 3 == 0 { blocks[sequence] = UInt8(random.next() % (1 << UInt64(bits))) }
    }
    for _ in 0..<200 {
      let place = UInt8(1 + random.next() % (1 << UInt64(bits) - 1))
      let (start, end) = (Int64(random.next() % 5_100), Int64(random.next() % 5_100))
      let limit = 1 + Int(random.next() % 40)
      let expected = (0...all).filter { $0 > start && $0 <= end && blocks[$0] == place }
      #expect(
        blocks.sequences(at: place, after: start, through: end, limit: limit)
          == Array(expected.prefix(limit)))
    }
  }

  @Test func seenOrdersAreFoundAndTakenBack() {
    var seen = SeenOrders()
    var random = SystemRandomNumberGenerator()
    let identities = (0..<5_000).map { _ in random.next() & ~0 << 8 }
    for (place, identity) in identities.enumerated() where seen.find(identity) == nil {
      seen.insert(.init(identity: identity, content: 7, sequence: Int64(place) + 1))
    }
    for identity in identities.prefix(2_500) { seen.remove(identity) }
    for (place, identity) in identities.enumerated() {
      #expect((seen.find(identity) != nil) == (place >= 2_500))
    }
  }
}
