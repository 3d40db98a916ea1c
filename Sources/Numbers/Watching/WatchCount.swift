internal import RPC
internal import Synchronization

/// Counts the watches of each connection, so that one client can't have all that the server allows.
final class WatchCount: Sendable {
  private let counts = Mutex<[ObjectIdentifier: Int]>([:])

  /// Counts one more, until `leave`.
  func enter(_ context: ServerContext) throws(RPCError) -> ObjectIdentifier? {
    // One object a connection; the call keeps it alive as long as it is counted.
    guard let connection = context.peer.map({ ObjectIdentifier($0) }) else { return nil }
    let limit = Limits.watchesPerConnection
    let isCounted = counts.withLock { counts in
      guard counts[connection, default: 0] < limit else { return false }
      counts[connection, default: 0] += 1
      return true
    }
    guard isCounted else {
      throw RPCError(
        .resourceExhausted, reason: "WATCHES_EXHAUSTED",
        "a connection has up to \(limit) watches", metadata: ["limit": "\(limit)"])
    }
    return connection
  }

  /// One less.
  func leave(_ connection: ObjectIdentifier?) {
    guard let connection else { return }
    counts.withLock { counts in
      let left = counts[connection, default: 1] - 1
      counts[connection] = left == 0 ? nil : left
    }
  }
}
