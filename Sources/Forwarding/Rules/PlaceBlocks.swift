/// A few bits for each sequence, in blocks of 1,024 sequences: what is kept of the places of orders. A block
/// is written as one row, however many orders in it have moved.
struct PlaceBlocks: Sendable {
  static let perBlock: Int64 = 1_024

  /// Bits of one place: 2 or 4.
  let bits: Int
  private(set) var blocks = BlockRow()
  /// Changed since they were written.
  private(set) var dirty: Set<Int64> = []
  /// The last of them: one change follows another in the same block.
  private var lastDirty: Int64 = -1

  init(bits: Int) { self.bits = bits }

  static func block(of sequence: Int64) -> Int64 { sequence / perBlock }

  private var perWord: Int { 64 / bits }
  private var mask: UInt64 { 1 << UInt64(bits) - 1 }
  private var words: Int { Int(Self.perBlock) / perWord }

  subscript(_ sequence: Int64) -> UInt8 {
    get {
      let place = Int(sequence % Self.perBlock)
      guard let word = blocks.word(place / perWord, of: Self.block(of: sequence)) else { return 0 }
      return UInt8(truncatingIfNeeded: word >> shift(place) & mask)
    }
    set {
      let number = Self.block(of: sequence)
      let place = Int(sequence % Self.perBlock)
      let (shift, mask) = (shift(place), mask)
      if number != lastDirty { dirty.insert(number) }
      lastDirty = number
      blocks.change(place / perWord, of: number, count: words) { word in
        word = word & ~(mask << shift) | (UInt64(newValue) & mask) << shift
      }
    }
  }

  private func shift(_ place: Int) -> UInt64 { UInt64(place % perWord * bits) }

  /// The first sequences after `start`, up to `end`, that are at `place`: at most `limit`.
  func sequences(at place: UInt8, after start: Int64, through end: Int64, limit: Int) -> [Int64] {
    var found: [Int64] = []
    var sequence = max(start, 0) + 1
    while sequence <= end, found.count < limit {
      let number = Self.block(of: sequence)
      guard let block = blocks[number] else {
        sequence = (number + 1) * Self.perBlock
        continue
      }
      // A word at a time: of millions of places few are at `place`.
      let first = Int(sequence % Self.perBlock)
      let word = first / perWord
      var hits = (matches(of: place, in: block[word]) >> shift(first)) << shift(first)
      while hits != 0, found.count < limit {
        let hit = number * Self.perBlock + Int64(word * perWord + hits.trailingZeroBitCount / bits)
        if hit <= end { found.append(hit) }
        hits &= hits - 1
      }
      sequence = number * Self.perBlock + Int64((word + 1) * perWord)
    }
    return found
  }

  /// The lowest bit of each place of a word that is `place`.
  private func matches(of place: UInt8, in word: UInt64) -> UInt64 {
    let ones = UInt64.max / mask
    let differing = word ^ ones * UInt64(place)
    let folded = (0..<bits).reduce(UInt64(0)) { $0 | differing >> UInt64($1) }
    return ~folded & ones
  }

  /// How many are at `place`.
  func count(of place: UInt8) -> Int {
    blocks.numbers.reduce(0) { sum, number in
      (blocks[number] ?? []).reduce(sum) { $0 + matches(of: place, in: $1).nonzeroBitCount }
    }
  }

  func bytes(ofBlock number: Int64) -> [UInt8] {
    (blocks[number] ?? []).map(\.littleEndian).withUnsafeBytes { Array($0) }
  }

  /// Takes over a stored block; false if it isn't one.
  mutating func load(block number: Int64, _ bytes: [UInt8]) -> Bool {
    guard bytes.count == words * 8 else { return false }
    return blocks.load(
      number,
      (0..<words).map { word in
        (0..<8).reduce(0) { $0 | UInt64(bytes[word * 8 + $1]) << UInt64(8 * $1) }
      })
  }

  mutating func forget(block number: Int64) {
    blocks.forget(number)
    dirty.remove(number)
    lastDirty = -1
  }

  mutating func written() {
    dirty.removeAll(keepingCapacity: true)
    lastDirty = -1
  }
}
