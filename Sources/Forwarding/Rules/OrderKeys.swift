/// The hashes of orders' keys by sequence, for all units together: 8 bytes an order.
struct OrderKeys: Sendable {
  private var blocks: [Int64: [UInt64]] = [:]

  /// Of an order that was taken back, what it had.
  subscript(_ sequence: Int64) -> UInt64 {
    get {
      let place = Int(sequence % PlaceBlocks.perBlock)
      guard let block = blocks[PlaceBlocks.block(of: sequence)], place < block.count else {
        return 0
      }
      return block[place]
    }
    set {
      let place = Int(sequence % PlaceBlocks.perBlock)
      var block = blocks.removeValue(forKey: PlaceBlocks.block(of: sequence)) ?? []
      while block.count <= place { block.append(0) }
      block[place] = newValue
      blocks[PlaceBlocks.block(of: sequence)] = block
    }
  }

  mutating func forget(block number: Int64) { blocks[number] = nil }
}
