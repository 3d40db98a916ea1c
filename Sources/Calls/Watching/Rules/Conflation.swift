/// The latest of each key, of what came since the last time that it was taken.
struct Conflation<Key: Hashable, Value> {
  private var latest: [Key: (sequence: Int64, value: Value)] = [:]

  /// Keys that came.
  var count: Int { latest.count }

  /// Takes the place of what came before it of the same key.
  mutating func add(_ key: Key, _ value: Value, sequence: Int64) {
    latest[key] = (sequence, value)
  }

  /// All of it in the order of the sequences; nothing is left.
  mutating func take() -> [(sequence: Int64, value: Value)] {
    defer { latest.removeAll(keepingCapacity: true) }
    return latest.values.sorted { $0.sequence < $1.sequence }
  }
}
