extension PlaceBlocks {
  /// The first sequence from `start` through `end` that is at `place`, which isn't 0. Looks at a word of
  /// places at a time, so that what is done already costs next to nothing.
  func first(at place: UInt8, from start: Int64, through end: Int64) -> Int64? {
    let perWord = Int64(64 / bits)
    let lowest = UInt64.max / (1 << UInt64(bits) - 1)
    let pattern = lowest * UInt64(place)
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
}
