import API

/// What a reader of a feed wants of it.
struct ReaderFilter: Hashable, Sendable {
  /// Empty: of all holders.
  var holder = ""
  /// Only how numbers ended.
  var onlyEnds = false

  static let ends: [LockState] = [.completed, .released, .expired]

  func wants(_ event: LockEvent) -> Bool {
    if !holder.isEmpty, (event.lock?.holder ?? event.lease?.holder) != holder { return false }
    guard onlyEnds else { return true }
    return event.lock.map { Self.ends.contains($0.state) } ?? false
  }

  func request(of business: String, after cursor: String) -> WatchLocksRequest {
    WatchLocksRequest(
      business: business, cursor: cursor, fromOldest: cursor.isEmpty, holder: holder,
      states: onlyEnds ? Self.ends : [], progressInterval: ReaderLimits.progress)
  }
}

/// The events that a reader got, as small however many they are: two readers with equal digests got
/// the same ones.
struct ReadDigest: Equatable, Sendable {
  private(set) var count = 0
  private(set) var last: Int64 = 0
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Takes the sequence of the next event; false if it isn't behind the last one.
  mutating func take(_ sequence: Int64) -> Bool {
    let isNext = sequence > last
    count += 1
    last = sequence
    hash = (hash ^ UInt64(bitPattern: sequence)) &* 0x0000_0100_0000_01b3
    return isNext
  }
}
