import API
import EventLoop
import RPC

/// Readers of every kind that check the feed of a load while it runs, and the truth that they are held
/// against: what one reader gets afterwards, undisturbed, from the oldest event to the end.
final class ReaderCrowd: Sendable {
  struct Result: Sendable {
    var seed: UInt64 = 0
    var readers: [(kind: BenchReader.Kind, filter: ReaderFilter, seen: BenchReader.Seen)] = []
    /// What each filter lets through.
    var truth: [ReaderFilter: ReadDigest] = [:]
    /// How many events of numbers handed out and completed there are.
    var allocated = 0
    var completed = 0
    /// Events of the truth that weren't behind the one before.
    var disordered = 0
  }

  private let seed: UInt64
  private let business: String
  private let target: LoadTarget
  private let end = EndOfReading()
  private let readers: [BenchReader]

  /// They begin at once.
  init(_ count: Int, of business: String, holders: [String], at target: LoadTarget, seed: UInt64) {
    self.seed = seed
    self.business = business
    self.target = target
    readers = (0..<count).map { [end] number in
      BenchReader(number, of: business, holders: holders, at: target, until: end, seed: seed)
    }
    for reader in readers { Task { await reader.run() } }
  }

  /// Lets them read to the present end, and says what they got.
  func finish(on channel: ClientChannel) async throws(CommandFailure) -> Result {
    var result = Result(seed: seed)
    let cursor = try await settledEnd(channel)
    end.set(cursor)
    await waitForReaders(on: channel.loop)
    result.readers = readers.map { ($0.kind, $0.filter, $0.seen) }
    try await readTruth(to: cursor, on: channel, into: &result)
    return result
  }

  /// The cursor of the newest event, when no more come.
  private func settledEnd(_ channel: ClientChannel) async throws(CommandFailure) -> String {
    var before: String?
    while true {
      let cursor = try await newest(channel)
      if cursor == before { return cursor }
      before = cursor
      try? await Task(executorPreference: channel.loop) {
        try await channel.loop.sleep(for: Self.quiet)
      }.value
    }
  }

  /// Longer than the generator takes to fill a pool after the last call.
  private static let quiet: Duration = .milliseconds(300)

  private func newest(_ channel: ClientChannel) async throws(CommandFailure) -> String {
    do throws(RPCError) {
      let stream = try await LockingServiceClient(channel)
        .watchLocks(WatchLocksRequest(business: business))
      defer { stream.cancel() }
      return try await stream.next()?.cursor ?? ""
    } catch {
      throw CommandFailure(error)
    }
  }

  /// Until all are at the end, or none has come further for long: those are told as they are.
  private func waitForReaders(on loop: Loop) async {
    var (before, since) = ([String](), MonotonicTime.current)
    while true {
      let seen = readers.map(\.seen)
      if seen.allSatisfy({ $0.isDone || $0.failure != nil }) { return }
      let cursors = seen.map(\.cursor)
      if cursors != before { (before, since) = (cursors, MonotonicTime.current) }
      guard since.duration(to: MonotonicTime.current) < LoadTarget.patience else {
        return
      }
      try? await Task(executorPreference: loop) {
        try await loop.sleep(for: ReaderLimits.pause)
      }.value
    }
  }

  private func readTruth(
    to end: String, on channel: ClientChannel, into result: inout Result
  ) async throws(CommandFailure) {
    var all = ReadDigest()
    for filter in Set(readers.map(\.filter)) { result.truth[filter] = ReadDigest() }
    do throws(RPCError) {
      let stream = try await LockingServiceClient(channel)
        .watchLocks(ReaderFilter().request(of: business, after: ""))
      defer { stream.cancel() }
      while let response = try await stream.next() {
        for event in response.events {
          if !all.take(event.sequence) { result.disordered += 1 }
          switch event.kind {
          case .allocated, .reused: result.allocated += 1
          case .completed: result.completed += 1
          default: break
          }
          for filter in result.truth.keys where filter.wants(event) {
            _ = result.truth[filter]?.take(event.sequence)
          }
        }
        if response.cursor == end { return }
      }
    } catch {
      throw CommandFailure(error)
    }
  }
}

extension ReaderCrowd.Result {
  /// The lines for a person, and whether each reader got each event of its filter once and in order.
  /// `counter` is that of the pool, whose every event is still kept.
  func report(_ counter: Counter) -> (lines: [String], isRight: Bool) {
    var lines: [String] = []
    for (number, reader) in readers.enumerated() {
      let (seen, expected) = (reader.seen, truth[reader.filter] ?? ReadDigest())
      var wrong: [String] = []
      if seen.digest != expected {
        wrong.append("\(seen.digest.count) of \(expected.count) events")
      }
      if seen.disordered > 0 { wrong.append("\(seen.disordered) again or out of order") }
      if seen.foreign > 0 { wrong.append("\(seen.foreign) not asked for") }
      if let failure = seen.failure { wrong.append(failure) }
      if !seen.isDone { wrong.append("not at the end") }
      guard !wrong.isEmpty else { continue }
      lines.append(
        "reader \(number), \(reader.kind.rawValue): \(wrong.joined(separator: ", ")): WRONG")
    }
    let isCounted =
      Int64(allocated) == counter.allocated && Int64(completed) == counter.completed
    if !isCounted || disordered > 0 {
      lines.append(
        "the feed: \(allocated) allocated and \(completed) completed, \(disordered) out of order, "
          + "counted \(counter.allocated) and \(counter.completed): WRONG")
    }
    let isRight = lines.isEmpty
    let sum = { (part: (BenchReader.Seen) -> Int) in readers.reduce(0) { $0 + part($1.seen) } }
    lines.append(
      "\(readers.count) readers of seed \(seed) read \(sum { $0.digest.count }) events on "
        + "\(sum(\.streams)) streams, \(sum(\.cut)) cut off: \(isRight ? "right" : "WRONG")")
    return (lines, isRight)
  }
}
