/// Which order of a verified load one is.
struct OrderMark: Hashable, Sendable {
  /// The orders of a key are given in one after another.
  var key: Int
  /// Among those of its key, from 1.
  var position: Int
}

/// The orders that one stream of a load gives in: they go round its keys, which no other stream has.
struct OrderSeries: Sendable {
  /// So many are in order of themselves, and don't wait for each other.
  static let keys = 16

  private let firstKey: Int
  private var given = 0

  /// Of the stream with this number, from 0.
  init(stream: Int) { firstKey = stream * Self.keys }

  mutating func next() -> OrderMark {
    defer { given += 1 }
    return OrderMark(key: firstKey + given % Self.keys, position: given / Self.keys + 1)
  }
}
