import API
import EventLoop
import Messages
import RPC
import Synchronization

/// Streams that watch the pool of a load from its begin to its end, and count what they get.
final class WatchCrowd: Sendable {
  /// What they got together.
  struct Tally: Sendable {
    var streams = 0
    var events = 0
    var responses = 0
    /// Streams that ended before they were cancelled.
    var lost = 0
  }

  private typealias Watch = ClientStream<WatchLocksRequest, WatchLocksResponse>

  /// As many as a server allows on a connection.
  private static let watchesPerConnection = 100

  private let tally = Mutex(Tally())
  private let channels: [ClientChannel]
  private let watches: [Watch]

  /// Opens them; returns when each has its first response, and so will miss nothing.
  init(
    _ count: Int, of business: String, at target: LoadTarget
  ) async throws(CommandFailure) {
    var channels: [ClientChannel] = []
    var watches: [Watch] = []
    for index in 0..<count {
      if index.isMultiple(of: Self.watchesPerConnection) {
        channels.append(try await target.connect(on: target.loops.next()))
      }
      watches.append(try await Self.watch(business, channels[channels.count - 1]))
    }
    self.channels = channels
    self.watches = watches
    for (index, watch) in watches.enumerated() {
      let loop = channels[index / Self.watchesPerConnection].loop
      Task(executorPreference: loop) { await self.count(watch) }
    }
  }

  private static func watch(
    _ business: String, _ channel: ClientChannel
  ) async throws(CommandFailure) -> Watch {
    do throws(RPCError) {
      let watch = try await LockingServiceClient(channel)
        .watchLocks(WatchLocksRequest(business: business))
      guard try await watch.next() != nil else {
        throw RPCError(.unavailable, "the stream has ended")
      }
      return watch
    } catch {
      throw CommandFailure(.unavailable, "can't watch \(business): \(error)")
    }
  }

  private func count(_ watch: Watch) async {
    do throws(RPCError) {
      while let response = try await watch.next() {
        tally.withLock { tally in
          tally.events += response.events.count
          tally.responses += response.events.isEmpty ? 0 : 1
        }
      }
    } catch {
      if error.code == .cancelled { return }
    }
    tally.withLock { $0.lost += 1 }
  }

  /// Waits until nothing more comes, ends them, and says what they got.
  func end() async -> Tally {
    var before = -1
    while !watches.isEmpty {
      let events = tally.withLock { $0.events }
      if events == before { break }
      before = events
      let loop = channels[0].loop
      await Task(executorPreference: loop) { try? await loop.sleep(for: Self.quiet) }.value
    }
    let found = tally.withLock { tally in
      tally.streams = watches.count
      return tally
    }
    for watch in watches { watch.cancel() }
    for channel in channels { channel.close() }
    return found
  }

  private static let quiet: Duration = .milliseconds(300)
}

extension WatchCrowd.Tally {
  /// The lines for a person.
  var report: [String] {
    guard streams > 0 else { return [] }
    return ["\(streams) watches got \(events) events in \(responses) responses, \(lost) lost"]
  }
}
