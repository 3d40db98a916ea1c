import StoreFaults
import Testing

@testable import Numbers

@Suite struct PagedIndexTests {
  @Test(arguments: [1, 2, 3] as [UInt64]) func isADictionary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var index = PagedIndex()
    var model: [Int64: Int32] = [:]
    for step in 0..<5_000 {
      // Dense, sparse and far apart.
      let range: ClosedRange<Int64> = [0...300, 0...100_000, 0...(.max)][step % 3]
      let known = Bool.random(using: &random) ? model.keys.randomElement(using: &random) : nil
      let key = known ?? Int64.random(in: range, using: &random)
      let value = Int.random(in: 0..<3, using: &random) == 0 ? nil : Int32(step)
      index[key] = value
      model[key] = value
      #expect(index[key] == value)
      #expect(index.count == model.count)
    }
    for key in model.keys { #expect(index[key] == model[key]) }
    #expect(Dictionary(uniqueKeysWithValues: index.map { ($0.key, $0.value) }) == model)
    for key in model.keys { index[key] = nil }
    #expect(index.isEmpty)
    #expect(index.keys == [])
  }
}

extension PagedIndexTests {
  @Test(arguments: [1, 2, 3] as [UInt64]) func fillsAsADictionary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var index = PagedIndex()
    var model: [Int64: Int32] = [:]
    for step in 0..<500 {
      let first = Int64.random(in: 0...600, using: &random)
      let range = first...(first + Int64.random(in: 0...200, using: &random))
      let value = Int.random(in: 0..<3, using: &random) == 0 ? nil : Int32(step)
      index.fill(range, value)
      for key in range { model[key] = value }
      #expect(index.count == model.count)
      #expect(range.allSatisfy { index[$0] == value })
    }
    #expect(Dictionary(uniqueKeysWithValues: index.map { ($0.key, $0.value) }) == model)
    index.fill(0...1_000, nil)
    #expect(index.isEmpty)
    #expect(index.keys == [])
    let end: ClosedRange<Int64> = (Int64.max - 3)...Int64.max
    index.fill(end, 7)
    #expect(index.keys.sorted() == Array(end))
  }
}
