/// The hashes of orders' keys by sequence, for all units together: 8 bytes an order.
struct OrderKeys: Sendable {
  private var blocks = BlockRow()

  /// Of an order that was taken back, what it had.
  subscript(_ sequence: Int64) -> UInt64 {
    get {
      blocks.word(
        Int(sequence % PlaceBlocks.perBlock), of: PlaceBlocks.block(of: sequence)) ?? 0
    }
    set {
      let place = Int(sequence % PlaceBlocks.perBlock)
      blocks.change(place, of: PlaceBlocks.block(of: sequence), count: place + 1) { $0 = newValue }
    }
  }

  mutating func forget(block number: Int64) { blocks.forget(number) }
}
