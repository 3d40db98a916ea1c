import API
import EventLoop
import RPC

/// A consumer of a load's orders, which acknowledges what it gets. Where the load is verified, it comes back whatever
/// ends its stream:
///
///     state       what happens                               then
///     consuming   a response                                 consuming: what it brings is acknowledged
///     consuming   a response, and a crash is due             connecting: dropped, with what it brings
///     consuming   none comes, and a crash is due             connecting: dropped
///     consuming   the stream is cut off                      connecting, or failed if the load isn't verified
///     consuming   refused, or answered what wasn't asked     failed
///     connecting  the server is there                        consuming
///     connecting  it isn't for a minute                      failed
///     any         the load has ended                         done, once the stream has ended too
// @unchecked: confined to the loop, which its task prefers.
final class OrderConsumer: @unchecked Sendable {
  /// How it treats what it gets.
  enum Manner: Sendable, Equatable {
    case prompt
    /// Takes so long over each order before it acknowledges that.
    case slow(Duration)
    /// So long after it came, drops its connection without a word, with what it gets next in hand, and comes back. If it
    /// gets nothing for as long again, it drops it with nothing.
    case crashing(after: Duration)
  }

  private typealias Stream = ClientStream<ConsumeRequest, ConsumeResponse>

  let loop: Loop
  private let who: Attachment
  private let unit: Int
  private let manner: Manner
  private let target: LoadTarget
  private let verifier: OrderVerifier?
  private var channel: ClientChannel
  private var stream: Stream
  private var isEnding = false
  /// It has dropped the stream with nothing in hand.
  private var hasDropped = false
  private var tally = OrderTally()
  /// What was acknowledged on this stream and not answered yet, by the settlement's position.
  private var asked: [Int64: ArraySlice<HandedOrders.Delivery>] = [:]
  private var position: Int64 = 0

  /// Connects and attaches.
  init(
    _ who: Attachment, unit: Int, _ manner: Manner, at target: LoadTarget,
    _ verifier: OrderVerifier?
  ) async throws(CommandFailure) {
    self.who = who
    self.unit = unit
    self.manner = manner
    self.target = target
    self.verifier = verifier
    loop = target.loops.next()
    channel = try await target.connect(on: loop)
    do throws(RPCError) {
      stream = try await Self.attach(who, channel)
    } catch {
      throw CommandFailure(.unavailable, "can't consume the orders of \(who.unit): \(error)")
    }
  }

  private static func attach(
    _ who: Attachment, _ channel: ClientChannel
  ) async throws(RPCError) -> Stream {
    let stream = try await ForwardingServiceClient(channel).consume()
    try await stream.send(ConsumeRequest(said: .attach(who)))
    guard try await stream.next() != nil else {
      throw RPCError(.unavailable, "the stream has ended")
    }
    return stream
  }

  /// Consumes until the load has ended; says what it got.
  func run() async -> OrderTally {
    do throws(CommandFailure) {
      while try await followed(), try await comeBack() {}
    } catch {
      tally.failure = "\(who.consumer) of \(who.unit): \(error.message)"
    }
    channel.close()
    return tally
  }

  /// Nothing more is to come: lets the server answer what it was sent. On the loop.
  func end() {
    isEnding = true
    stream.endSending()
  }

  /// The server hasn't ended the stream. On the loop.
  func giveUp() { channel.close() }

  /// Follows the stream as far as it goes; says whether to come back.
  private func followed() async throws(CommandFailure) -> Bool {
    tally.streams += 1
    do throws(RPCError) {
      if try await consume() { return true }
      if isEnding, asked.isEmpty { return false }
      throw RPCError(.dataLoss, "the stream ended before the answers")
    } catch {
      if isEnding { return false }
      if hasDropped {
        tally.dropped += 1
        return true
      }
      guard verifier != nil, error.isCutOff else { throw CommandFailure(error) }
      tally.cut += 1
      return true
    }
  }

  /// Says whether it has crashed, not ended.
  private func consume() async throws(RPCError) -> Bool {
    asked = [:]
    hasDropped = false
    var crash: MonotonicTime?
    var timer: Timer?
    if case .crashing(let time) = manner {
      crash = MonotonicTime.current.advanced(by: time)
      timer = loop.schedule(after: time * 2) { [unowned self] in
        hasDropped = true
        channel.close()
      }
    }
    defer { timer?.cancel() }
    let name = verifier?.name
    while let handed = try await stream.next(reading: {
      (bytes) throws(RPCError) in try HandedOrders(bytes, of: name)
    }) {
      if let settled = handed.settled { try take(settled, refused: handed.refused) }
      guard !handed.deliveries.isEmpty else { continue }
      let deliveries = take(handed.deliveries)
      if let crash, MonotonicTime.current >= crash {
        tally.dropped += 1
        return true
      }
      if case .slow(let rest) = manner {
        for place in deliveries.indices {
          try? await loop.sleep(for: rest)
          try await acknowledge(deliveries[place...place])
        }
      } else {
        try await acknowledge(deliveries[...])
      }
    }
    return false
  }

  /// Not on a stream that is known to have ended: what was taken from it must come again.
  private func acknowledge(
    _ deliveries: ArraySlice<HandedOrders.Delivery>
  ) async throws(RPCError) {
    guard !stream.hasEnded else { return }
    position += 1
    asked[position] = deliveries
    // Before it is sent: what follows from it may come to another consumer first.
    verifier?.acknowledge(deliveries, at: unit)
    tally.acknowledged += deliveries.count
    try await stream.send(encoded: HandedOrders.settlement(position, of: deliveries))
  }

  private func take(_ settled: Int64, refused: [UInt64]) throws(RPCError) {
    guard let deliveries = asked.removeValue(forKey: settled) else {
      throw RPCError(.dataLoss, "an answer to nothing that was asked")
    }
    tally.refused += refused.count
    verifier?.settled(deliveries, refused: refused, at: unit)
  }

  private func take(_ deliveries: [HandedOrders.Delivery]) -> [HandedOrders.Delivery] {
    var deliveries = deliveries
    verifier?.handed(&deliveries, at: unit)
    tally.take(deliveries, at: .current)
    return deliveries
  }

  /// Attaches anew; false if the load has ended.
  private func comeBack() async throws(CommandFailure) -> Bool {
    let end = MonotonicTime.current.advanced(by: LoadTarget.patience)
    while !isEnding {
      channel.close()
      channel = try await target.connect(on: loop, within: LoadTarget.patience)
      do throws(RPCError) {
        stream = try await Self.attach(who, channel)
        // It may have ended meanwhile.
        if isEnding { stream.endSending() }
        return true
      } catch {
        guard error.isCutOff, MonotonicTime.current < end else { throw CommandFailure(error) }
      }
    }
    return false
  }
}
