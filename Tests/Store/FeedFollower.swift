import StoreFaults
import Synchronization

@testable import Store

/// Writes numbered messages to feeds, and says what a reader of them sees.
///
/// The payload of a chunk is its messages' numbers, a line each, so that a reader can tell that it
/// got each once and in order.
struct FeedFollower: Sendable {
  let store: DurableStore
  let feed: FeedKey

  func append(_ count: Int, padding: Int = 0) async throws(StoreError) {
    try await store.execute(caller: "writer") { [feed] batch in
      let first = batch.feeds.next(of: feed)
      let numbers = (0..<count).map { "\(first + Int64($0))" }
      let padding = String(repeating: " ", count: padding)
      batch.feeds.append(
        Array((numbers.joined(separator: "\n") + padding).utf8), count: count, to: feed, batch)
    }
  }

  struct Disorder: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads on from `position` to `end`, step by step; throws where something is missing or twice.
  func read(
    _ reader: FeedReader, from position: Int64, to end: Int64,
    between: () async throws -> Void = {}
  ) async throws -> Int64 {
    var position = position
    while position < end {
      position = try Self.check(try await reader.next(after: position), after: position)
      try await between()
    }
    return position
  }

  /// The last message of what a reader was given.
  static func check(_ chunks: [FeedChunk], after position: Int64) throws -> Int64 {
    var position = position
    for chunk in chunks {
      guard chunk.first <= position + 1, chunk.last > position else {
        throw Disorder(description: "\(chunk.first)-\(chunk.last) after \(position)")
      }
      let lines = chunk.payload.prefix { $0 != UInt8(ascii: " ") }
      let numbers = String(decoding: lines, as: UTF8.self).split(separator: "\n").map { Int64($0) }
      guard numbers == Array(chunk.first...chunk.last) else {
        throw Disorder(description: "chunk \(chunk.first)-\(chunk.last) holds \(numbers)")
      }
      position = chunk.last
    }
    return position
  }
}

/// A condition that didn't come to hold.
struct NeverHappened: Error {}

/// Waits until `condition` holds; but for long enough only that a test that is wrong ends.
func until(_ condition: () -> Bool) async throws {
  let end = ContinuousClock.now + .seconds(20)
  while !condition() {
    guard ContinuousClock.now < end, !Task.isCancelled else { throw NeverHappened() }
    await Task.yield()
  }
}

extension DurableStore {
  /// Until so many readers of the feed wait for more.
  func readersWait(_ count: Int, for feed: FeedKey) async throws {
    let hub = info.feedHub
    try await until {
      hub.monitor.withLock {
        hub.followed[feed]?.waiting.count { $0.continuation != nil } == count
      }
    }
  }
}
