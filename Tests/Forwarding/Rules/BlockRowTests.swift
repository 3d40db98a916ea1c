import Testing

@testable import Forwarding

@Suite struct BlockRowTests {
  /// It does what a dictionary does, whatever the order in which blocks come and go.
  @Test(arguments: 1...20)
  func itIsADictionaryOfNeighbours(seed: UInt64) {
    var random = IntakeHistoryTests.Random(state: seed)
    var row = BlockRow()
    var model: [Int64: [UInt64]] = [:]
    var lowest = Int64(random.next() % 1_000)
    for _ in 0..<2_000 {
      let number = lowest + Int64(random.next() % 150)
      switch random.next() % 4 {
      case 0:
        row.forget(number)
        model[number] = nil
      case 1:
        // What is old goes as a whole, as it does with orders.
        for gone in lowest..<lowest + 5 {
          row.forget(gone)
          model[gone] = nil
        }
        lowest += Int64(random.next() % 7)
      default:
        let (word, value) = (Int(random.next() % 4), random.next())
        row.change(word, of: number, count: 4) { $0 = value }
        model[number, default: [0, 0, 0, 0]][word] = value
      }
    }
    #expect(row.numbers == model.keys.sorted())
    for number in lowest - 300..<lowest + 300 {
      #expect(row[number] == model[number])
      #expect(row.word(2, of: number) == model[number]?[2])
      #expect(row.word(4, of: number) == nil)
    }
  }

  @Test func itRefusesWhatCannotBeANeighbour() {
    var row = BlockRow()
    let isFirst = row.load(7, [1])
    #expect(isFirst)
    for number in [-1, 7 + BlockRow.most, PlaceBlocks.block(of: .max), .max] {
      let isLoaded = row.load(number, [1])
      #expect(!isLoaded)
    }
    let isBefore = row.load(5, [2])
    #expect(isBefore)
    #expect(row.numbers == [5, 7])
    var far = BlockRow()
    let isFar = far.load(PlaceBlocks.block(of: .max), [1])
    let isNear = far.load(3, [1])
    #expect(isFar && !isNear)
  }
}
