extension PlaceBlocks {
  /// The first sequence from `start` through `end` that is at `place`, which isn't 0. Looks at a word of
  /// places at a time, so that what is done already costs next to nothing.
  func first(at place: UInt8, from start: Int64, through end: Int64) -> Int64? {
    let perWord = Int64(64 / bits)
    let pattern = Self.everywhere(UInt64(place), bits: bits)
    let lowest = Self.everywhere(1, bits: bits)
    var sequence = max(start, 0)
    while sequence <= end {
      let number = Self.block(of: sequence)
      guard let block = blocks[number] else {
        sequence = (number + 1) * Self.perBlock
        continue
      }
      var word = Int(sequence % Self.perBlock / perWord)
      // Places before `sequence` in its word don't count.
      var wanted = UInt64.max << UInt64(sequence % perWord * Int64(bits))
      while word < block.count {
        var differing = block[word] ^ pattern
        for shift in 1..<bits { differing |= (block[word] ^ pattern) >> UInt64(shift) }
        let found = ~differing & lowest & wanted
        if found != 0 {
          let place = Int64(found.trailingZeroBitCount / bits)
          let at = number * Self.perBlock + Int64(word) * perWord + place
          return at <= end ? at : nil
        }
        wanted = .max
        word += 1
      }
      sequence = (number + 1) * Self.perBlock
    }
    return nil
  }

  private static func everywhere(_ place: UInt64, bits: Int) -> UInt64 {
    stride(from: 0, to: 64, by: bits).reduce(0) { $0 | place << UInt64($1) }
  }
}
