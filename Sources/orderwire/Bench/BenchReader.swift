import API
import EventLoop
import Messages
import RPC
import Synchronization

/// The bounds of readers that check a feed.
enum ReaderLimits {
  /// How often a reader hears how far it is when there is nothing for it.
  static let progress = ProtoDuration(seconds: 0, nanos: 200_000_000)
  /// A slow reader rests so long after each response.
  static let rest: Duration = .milliseconds(5)
  /// A restless reader leaves after so many responses.
  static let stay = 1...10
  /// Between two looks at how far they are.
  static let pause: Duration = .milliseconds(20)
}

/// A reader that follows the feed of a business from its oldest event, in the manner of its kind, over
/// whatever ends its streams: it keeps the cursor of its last response and goes on from there.
///
///     state          event                              then
///     connecting     the server is there                reading
///     connecting     it isn't for a minute              failed
///     reading        a response that isn't at the end   reading
///     reading        the stream is cut off, or left     connecting
///     reading        refused                            failed
///     reading        the response at the end            done
final class BenchReader: Sendable {
  enum Kind: String, CaseIterable, Sendable { case plain, filtered, slow, restless, ends }

  /// What it got.
  struct Seen: Sendable {
    var digest = ReadDigest()
    var cursor = ""
    /// Streams that it opened, and those that were cut off.
    var streams = 0
    var cut = 0
    /// Events that came again or out of order, and those that it hadn't asked for.
    var disordered = 0
    var foreign = 0
    var failure: String?
    var isDone = false
  }

  let kind: Kind
  let filter: ReaderFilter
  private let business: String
  private let target: LoadTarget
  private let end: EndOfReading
  private let state: Mutex<(seen: Seen, random: SplitMix64)>

  /// The kinds go round; those that filter by holder share the holders among them.
  init(
    _ number: Int, of business: String, holders: [String], at target: LoadTarget,
    until end: EndOfReading, seed: UInt64
  ) {
    let kinds = Kind.allCases
    kind = kinds[number % kinds.count]
    var filter = ReaderFilter(onlyEnds: kind == .ends)
    if kind == .filtered || kind == .slow, !holders.isEmpty {
      filter.holder = holders[number / kinds.count % holders.count]
    }
    self.filter = filter
    self.business = business
    self.target = target
    self.end = end
    state = Mutex((Seen(), SplitMix64(seed: seed &+ UInt64(number))))
  }

  var seen: Seen { state.withLock { $0.seen } }

  /// Reads until its cursor is at the end.
  func run() async {
    let loop = target.loops.next()
    await Task(executorPreference: loop) { await self.read(on: loop) }.value
  }

  private func read(on loop: Loop) async {
    do throws(CommandFailure) {
      while !isAtEnd {
        try await follow(on: target.connect(on: loop, within: LoadTarget.patience))
      }
    } catch {
      state.withLock { $0.seen.failure = error.message }
    }
    let isDone = isAtEnd
    state.withLock { $0.seen.isDone = isDone }
  }

  private var isAtEnd: Bool { end.cursor.map { $0 == seen.cursor } ?? false }

  /// One stream on a connection of its own, as far as it goes.
  private func follow(on channel: ClientChannel) async throws(CommandFailure) {
    defer { channel.close() }
    let (cursor, stay) = state.withLock { state in
      state.seen.streams += 1
      let stay = Int.random(in: ReaderLimits.stay, using: &state.random)
      return (state.seen.cursor, kind == .restless ? stay : .max)
    }
    do throws(RPCError) {
      let stream = try await LockingServiceClient(channel)
        .watchLocks(filter.request(of: business, after: cursor))
      defer { stream.cancel() }
      var responses = 0
      while responses < stay, !isAtEnd, let response = try await stream.next() {
        responses += 1
        take(response)
        if kind == .slow { try? await channel.loop.sleep(for: ReaderLimits.rest) }
      }
    } catch {
      guard error.isCutOff else { throw CommandFailure(error) }
      state.withLock { $0.seen.cut += 1 }
    }
  }

  private func take(_ response: WatchLocksResponse) {
    state.withLock { state in
      for event in response.events {
        if !state.seen.digest.take(event.sequence) { state.seen.disordered += 1 }
        if !filter.wants(event) { state.seen.foreign += 1 }
      }
      state.seen.cursor = response.cursor
    }
  }
}

/// Where all readers stop, once that is known.
final class EndOfReading: Sendable {
  private let state = Mutex<String?>(nil)

  var cursor: String? { state.withLock { $0 } }

  func set(_ cursor: String) { state.withLock { $0 = cursor } }
}
