import EventLoop
import RPC

/// Allocates in closed loop on one connection, without a task for each of its streams: what a task takes
/// to wait and to go on, call by call, is as much as all that is measured of a call here.
// @unchecked: confined to the connection's loop.
final class AllocatePlaces: @unchecked Sendable {
  /// One of the calls that the plan has at a time.
  private final class Place: BareCaller {
    unowned let places: AllocatePlaces
    var begun: MonotonicTime

    init(_ places: AllocatePlaces, begun: MonotonicTime) {
      self.places = places
      self.begun = begun
    }

    func answered(_ response: Result<UnsafeRawBufferPointer, RPCError>) {
      places.answered(response, to: self)
    }
  }

  private let connection: LoadConnection
  private let method: BareMethod
  private let measuring: MonotonicTime
  private let end: MonotonicTime
  /// Calls that are still to be begun.
  private var left: Int
  /// Places whose call is over, and whose next one is begun when HTTP2 is done with what came in.
  private var idle: [Place] = []
  private var open = 0
  private var waiting: UnsafeContinuation<Void, Never>?

  init(_ connection: LoadConnection, _ method: BareMethod, start: MonotonicTime) {
    self.connection = connection
    self.method = method
    measuring = start.advanced(by: connection.plan.warmup)
    end = measuring.advanced(by: connection.plan.measured)
    left = connection.plan.share(of: connection.index)
  }

  /// Calls until the plan's end, and waits for what is under way then.
  func run() async {
    let now = MonotonicTime.current
    for _ in 0..<connection.plan.streams { begin(Place(self, begun: now)) }
    await withUnsafeContinuation { continuation in
      if open == 0 { return continuation.resume() }
      waiting = continuation
    }
  }

  private func begin(_ place: Place) {
    // A connection that is gone fails at once, and would be asked for ever.
    let isGone = connection.tally.failures[.unavailable, default: 0] > connection.plan.streams
    guard left > 0, place.begun < end, !isGone else { return }
    left -= 1
    do {
      try method.begin(connection.prepare(), for: place)
      open += 1
    } catch {
      connection.allocationFailed(error)
    }
  }

  private func answered(
    _ response: Result<UnsafeRawBufferPointer, RPCError>, to place: Place
  ) {
    let now = MonotonicTime.current
    open -= 1
    do throws(RPCError) {
      let count = try HandedCheck.count(response.get())
      if connection.allocated(count), place.begun >= measuring {
        connection.tally.latencies.record(
          Int(place.begun.duration(to: now).saturatedNanoseconds))
      }
    } catch {
      connection.allocationFailed(error)
    }
    place.begun = now
    idle.append(place)
    if idle.count == 1 { connection.channel.loop.execute { [self] in goOn() } }
  }

  private func goOn() {
    let ready = idle
    idle.removeAll(keepingCapacity: true)
    for place in ready { begin(place) }
    if open == 0 { waiting.take()?.resume() }
  }
}
