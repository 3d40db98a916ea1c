/// The rows of requests that were committed last, so that a repeat that comes soon is answered without
/// the disk.
struct RecentRequests {
  /// A row, as its table has it.
  private struct Kept {
    let first: Int64
    let count: Int
    let entries: [UInt8]
  }

  /// Larger rows, and all rows together beyond it, aren't kept.
  static let keptBytes = 4_194_304

  /// How many requests are kept, but for those of the last row.
  let limit: Int
  private var rows = Ring<Kept>()
  private var count = 0
  private var bytes = 0

  init(limit: Int) { self.limit = limit }

  /// Keeps a row that comes behind all others.
  mutating func append(_ chunk: RequestChunk) {
    guard chunk.entries.count <= Self.keptBytes else { return }
    // A copy, as what the row was made in has room for more.
    rows.append(
      Kept(first: chunk.first, count: chunk.count, entries: Array(chunk.entries[...])))
    count += chunk.count
    bytes += chunk.entries.count
    while count > limit || bytes > Self.keptBytes, rows.count > 1, let oldest = rows.popFirst() {
      count -= oldest.count
      bytes -= oldest.entries.count
    }
  }

  /// The row that holds a sequence, and its place in it.
  func row(with sequence: Int64) -> (entries: [UInt8], place: Int)? {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      guard let row = rows[middle] else { return nil }
      if row.first + Int64(row.count) <= sequence { low = middle + 1 } else { high = middle }
    }
    guard let row = rows[low], row.first <= sequence else { return nil }
    return (row.entries, Int(sequence - row.first))
  }
}
