/// Words by the number of their block. The blocks in memory are neighbours, but for a few that are missing, so
/// they are an array from the first on: every order is looked for in some of them, several times, and to
/// hash their numbers was a fifth of the writer's work.
struct BlockRow: Sendable {
  /// Blocks between the first and the last at most: sixteen times as many as the orders of a server take.
  static let most = Int64(ForwardingCapacity.mostOrders) / PlaceBlocks.perBlock * 16

  /// The number of the first element.
  private var first: Int64 = 0
  /// Empty: it isn't there.
  private var blocks: [[UInt64]] = []
  /// Elements before it were forgotten.
  private var start = 0

  /// The numbers of those that are there.
  var numbers: [Int64] {
    blocks.indices.filter { !blocks[$0].isEmpty }.map { first + Int64($0) }
  }

  /// Where a block is that is there.
  private func index(_ number: Int64) -> Int? {
    guard number >= first, number - first < Int64(blocks.count) else { return nil }
    let index = Int(number - first)
    return blocks[index].isEmpty ? nil : index
  }

  /// A block that is there.
  subscript(number: Int64) -> [UInt64]? { index(number).map { blocks[$0] } }

  /// A word of a block; nil if either isn't there.
  func word(_ word: Int, of number: Int64) -> UInt64? {
    guard let index = index(number), blocks[index].indices.contains(word) else { return nil }
    return blocks[index][word]
  }

  /// Changes a word. Makes the block, and its words up to `count`, if they aren't there.
  mutating func change(
    _ word: Int, of number: Int64, count: Int, _ body: (inout UInt64) -> Void
  ) {
    makeRoom(for: number)
    let index = Int(number - first)
    while blocks[index].count < count { blocks[index].append(0) }
    body(&blocks[index][word])
  }

  /// Takes over a block; false if it is too far from the others to be one of them.
  mutating func load(_ number: Int64, _ words: [UInt64]) -> Bool {
    let last = first + Int64(blocks.count)
    guard (0...PlaceBlocks.block(of: .max)).contains(number),
      blocks.isEmpty || (last - number < Self.most && number - first < Self.most)
    else { return false }
    makeRoom(for: number)
    blocks[Int(number - first)] = words
    return true
  }

  private mutating func makeRoom(for number: Int64) {
    if blocks.isEmpty { first = number }
    if number < first {
      blocks.insert(contentsOf: Array(repeating: [], count: Int(first - number)), at: 0)
      first = number
    }
    while number - first >= Int64(blocks.count) { blocks.append([]) }
    start = min(start, Int(number - first))
  }

  mutating func forget(_ number: Int64) {
    guard let index = index(number) else { return }
    blocks[index] = []
    while start < blocks.count, blocks[start].isEmpty { start += 1 }
    guard start == blocks.count || start > 64 && start * 2 > blocks.count else { return }
    blocks.removeFirst(start)
    first += Int64(start)
    start = 0
  }
}
