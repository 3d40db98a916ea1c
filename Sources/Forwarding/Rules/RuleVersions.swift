/// Which version of the rules forwarded each order, in blocks like the places. Means something only for
/// orders that were forwarded, so nothing needs to be taken back.
struct RuleVersions: Sendable {
  /// One version for the whole block, until a second one forwards an order of it.
  private enum Block: Sendable {
    case one(Int64)
    case several([Int64])
  }

  private var blocks: [Int64: Block] = [:]

  subscript(_ sequence: Int64) -> Int64 {
    get {
      switch blocks[PlaceBlocks.block(of: sequence)] {
      case nil: 0
      case .one(let version): version
      case .several(let versions): versions[Int(sequence % PlaceBlocks.perBlock)]
      }
    }
    set {
      let number = PlaceBlocks.block(of: sequence)
      let place = Int(sequence % PlaceBlocks.perBlock)
      switch blocks[number] {
      case nil: blocks[number] = .one(newValue)
      case .one(newValue): break
      case .one(let version):
        var versions = Array(repeating: version, count: Int(PlaceBlocks.perBlock))
        versions[place] = newValue
        blocks[number] = .several(versions)
      case .several(var versions):
        blocks[number] = nil
        versions[place] = newValue
        blocks[number] = .several(versions)
      }
    }
  }

  mutating func forget(block number: Int64) { blocks[number] = nil }

  private static let runBytes = 10

  /// Runs of a version: how many (2 bytes), the version (8 bytes).
  func bytes(ofBlock number: Int64) -> [UInt8] {
    switch blocks[number] {
    case nil: return []
    case .one(let version): return Self.run(PlaceBlocks.perBlock, version)
    case .several(let versions):
      var bytes: [UInt8] = []
      var first = 0
      for place in versions.indices.dropFirst() where versions[place] != versions[first] {
        bytes += Self.run(Int64(place - first), versions[first])
        first = place
      }
      return bytes + Self.run(Int64(versions.count - first), versions[first])
    }
  }

  private static func run(_ count: Int64, _ version: Int64) -> [UInt8] {
    (0..<2).map { UInt8(truncatingIfNeeded: count >> Int64(8 * $0)) }
      + (0..<8).map { UInt8(truncatingIfNeeded: version >> Int64(8 * $0)) }
  }

  /// Takes over a stored block; false if it isn't one.
  mutating func load(block number: Int64, _ bytes: [UInt8]) -> Bool {
    guard !bytes.isEmpty else { return true }
    guard bytes.count % Self.runBytes == 0 else { return false }
    var versions: [Int64] = []
    for start in stride(from: 0, to: bytes.count, by: Self.runBytes) {
      let count = Int(bytes[start]) | Int(bytes[start + 1]) << 8
      let version = (0..<8).reduce(Int64(0)) { $0 | Int64(bytes[start + 2 + $1]) << Int64(8 * $1) }
      guard versions.count + count <= Int(PlaceBlocks.perBlock) else { return false }
      versions += Array(repeating: version, count: count)
    }
    guard versions.count == Int(PlaceBlocks.perBlock), let first = versions.first else {
      return false
    }
    blocks[number] = versions.allSatisfy { $0 == first } ? .one(first) : .several(versions)
    return true
  }
}
