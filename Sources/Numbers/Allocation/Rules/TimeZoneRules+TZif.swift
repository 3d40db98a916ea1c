extension TimeZoneRules {
  /// Reads a zone's compiled file (RFC 9636, versions 2 and later). Nil where it isn't one.
  init?(name: String, tzif bytes: [UInt8]) {
    var reader = TZifReader(bytes: bytes)
    // The first block has 32-bit times for readers of version 1, and is skipped.
    guard let first = reader.header(), first.version >= UInt8(ascii: "2"),
      reader.skip(first.length(timeSize: 4)), let header = reader.header(),
      let block = reader.block(header)
    else { return nil }
    let types = block.types
    guard let firstType = types.first else { return nil }
    self.init(name: name, firstOffset: firstType, transitions: [], rule: nil)
    for (second, index) in zip(block.times, block.indices) {
      guard index < types.count else { return nil }
      if let last = transitions.last, last.second >= second { return nil }
      transitions.append(Transition(second: second, offset: types[index]))
    }
    let footer = reader.rest
    guard footer.first == 0x0A, footer.last == 0x0A, footer.count >= 2 else { return nil }
    let text = footer.dropFirst().dropLast()
    if !text.isEmpty {
      guard let rule = DaylightRule(parsing: text) else { return nil }
      self.rule = rule
    }
  }
}

/// Takes a zone's file apart from the left; every read is checked.
private struct TZifReader {
  struct Header {
    var version: UInt8
    var utLocalCount: Int
    var standardWallCount: Int
    var leapCount: Int
    var timeCount: Int
    var typeCount: Int
    var characterCount: Int

    func length(timeSize: Int) -> Int {
      timeCount * (timeSize + 1) + typeCount * 6 + characterCount
        + leapCount * (timeSize + 4) + standardWallCount + utLocalCount
    }
  }

  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  var rest: ArraySlice<UInt8> { bytes[position...] }

  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, bytes.count - position >= count else { return false }
    position += count
    return true
  }

  mutating func bigEndian(_ count: Int) -> UInt64? {
    let start = position
    guard skip(count) else { return nil }
    return bytes[start..<position].reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func header() -> Header? {
    guard rest.starts(with: Array("TZif".utf8)), skip(4), let version = bigEndian(1), skip(15)
    else { return nil }
    var counts: [Int] = []
    for _ in 0..<6 {
      guard let count = bigEndian(4), count <= 100_000 else { return nil }
      counts.append(Int(count))
    }
    return Header(
      version: UInt8(version), utLocalCount: counts[0], standardWallCount: counts[1],
      leapCount: counts[2], timeCount: counts[3], typeCount: counts[4], characterCount: counts[5])
  }

  /// The moments of the transitions, the type each leads to, and the offset of each type.
  mutating func block(_ header: Header) -> (times: [Int64], indices: [Int], types: [Int])? {
    let end = position + header.length(timeSize: 8)
    guard end <= bytes.count else { return nil }
    var times: [Int64] = []
    var indices: [Int] = []
    var types: [Int] = []
    for _ in 0..<header.timeCount {
      guard let time = bigEndian(8) else { return nil }
      times.append(Int64(bitPattern: time))
    }
    for _ in 0..<header.timeCount {
      guard let index = bigEndian(1) else { return nil }
      indices.append(Int(index))
    }
    for _ in 0..<header.typeCount {
      guard let offset = bigEndian(4), skip(2) else { return nil }
      types.append(Int(Int32(truncatingIfNeeded: offset)))
    }
    position = end
    return (times, indices, types)
  }
}
