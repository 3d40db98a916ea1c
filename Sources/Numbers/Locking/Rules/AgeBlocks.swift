/// How many numbers in a pool's line are young enough, without a look at each: ages have no order
/// along the line, so every full block of it is kept once more in order of age. A block is sorted
/// when it is first asked about; 8 bytes a number.
struct AgeBlocks {
  private struct Block {
    /// Of the template that all its numbers are of; nil if they are of several.
    let edition: Int32?
    /// When they were generated, in order.
    let generated: [Int64]

    init(_ numbers: ArraySlice<ReturnedNumber>, in series: Slab<Series>) {
      let first = numbers.first.flatMap { series[$0.series]?.edition }
      let isOfOne = numbers.allSatisfy { series[$0.series]?.edition == first }
      edition = isOfOne ? first : nil
      generated = isOfOne ? numbers.map(\.generated).sorted() : []
    }
  }

  /// Places in a block. What is counted is looked at one by one where it covers a block in part.
  private let size: Int64
  private var blocks: [Int64: Block] = [:]

  init(size: Int64 = 256) { self.size = size }

  /// Of `numbers`, the last of which has the place before `end`, those of a template that were
  /// generated at `oldest` or later.
  mutating func count(
    _ numbers: ArraySlice<ReturnedNumber>, end: Int64, edition: Int32, since oldest: Int64,
    in series: Slab<Series>
  ) -> Int64 {
    func isMeant(_ number: ReturnedNumber) -> Bool {
      number.generated >= oldest && series[number.series]?.edition == edition
    }
    var found = 0
    var place = end - Int64(numbers.count)
    var rest = numbers
    while !rest.isEmpty {
      let part = rest.prefix(Int(size - place % size))
      let id = place / size
      if part.count == size {
        let block = blocks[id] ?? Block(part, in: series)
        blocks[id] = block
        if block.edition == edition {
          found += block.generated.count - block.generated.partitionPoint { $0 < oldest }
        } else if block.edition == nil {
          found += part.count(where: isMeant)
        }
      } else {
        found += part.count(where: isMeant)
      }
      place += Int64(part.count)
      rest = rest.dropFirst(part.count)
    }
    return Int64(found)
  }

  /// The number at this place was taken back: another may get the place.
  mutating func forget(_ place: Int64) { blocks[place / size] = nil }

  /// Frees what was kept of places before the line's first, once it is the greater part.
  mutating func forget(before first: Int64, waiting: Int) {
    guard Int64(blocks.count) > 16 + 2 * (Int64(waiting) / size) else { return }
    blocks = blocks.filter { $0.key >= first / size }
  }
}
