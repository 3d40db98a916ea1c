// An order at a unit:
//
//     place    handed out²  ack    nack, deadline, lost alone        lost        redrive  purge
//     queued   queued       done   queued, or dead the nth time¹     queued      –        –
//     dead     –            –      –                                 –           queued   done
//     done     –            –      –                                 –           –        –
//
// ¹ not if the breaker is or gets open: then it, and others that failed in a row, are queued as before. ² there is
// a delivery with a token until one of the other events; then the token is stale.
//
// A consumer that is lost isn't the fault of what it had. What two were lost with goes to the next one
// alone; if that one is lost too, it has failed.
//
// What is durable (places, failures, dead letters, settings) is changed by a batch, with the way back.
// Deliveries, consumers and the window follow after its commit, in `step`, from what the batch left in `endings`
// and the like; so they need no way back, and nobody is handed what isn't durable.
//
// Invariants: a key has at most one delivery; a delivery is of the first queued order of its key, unless an
// earlier one came back while it was out; a consumer has at most as many as its credits.

/// The orders of a unit on their way through its consumers. In the memory of one thread.
final class Consumption {
  var settings = ConsumptionSettings()
  var pause: UnitPause?
  /// By sequence: of queued orders that have failed.
  var failures: [Int64: OrderFailures] = [:]
  /// Dead letters by the hash of their key.
  var deadKeys: [UInt64: Int] = [:]
  var dead = 0
  /// How often each dead letter, or what was one, was edited.
  var edits: [Int64: Int32] = [:]

  /// Rows to write.
  var changedFailures: Set<Int64> = []
  var changedDead: [Int64: DeadLetter?] = [:]

  var breaker = UnitBreaker()
  /// By sequence: consumers that were lost with an order.
  var losses: [Int64: Int32] = [:]

  /// What the batch in hand brings about.
  var endings: [(token: Int64, ending: Ending)] = []
  var arrivals: [Int64] = []
  var joining: [Consumer] = []
  var leaving: [Int64] = []
  var mustRebuild = false

  /// Others than the usual ones are for tests.
  var bounds = WindowBounds() { didSet { forgetWindow() } }
  var window = KeyWindow()
  var consumers: [Consumer] = []
  var deliveries: [Int64: Delivery] = [:]
  /// By token; entries may be out of date.
  var deadlines = LeastFirst<Int64>()
  /// Given by the window, and waiting for a consumer with nothing else in hand.
  var suspects: [(key: UInt64, sequence: Int64)] = []
  /// Whose turn it is.
  var turn = 0
  /// The order that was handed out last to see whether the unit is up again.
  var tried: Int64 = 0
  /// There was more to hand out than may be handed out in one go.
  var hasMore = false

  /// Nothing is kept in memory of the queue.
  func forgetWindow() { window = KeyWindow(bounds) }

  /// How a delivery ended.
  enum Ending: Sendable, Equatable {
    case gone
    case again
  }

  /// An order in the hands of a consumer.
  struct Delivery: Sendable, Equatable {
    var token: Int64
    var sequence: Int64
    var key: UInt64
    var consumer: Int64
    /// Boot time, µs.
    var deadline: Int64
    /// Counts from 1.
    var attempt: Int32
    var losses: Int32
    var isAlone = false
    /// By the batch in hand.
    var isEnding = false
  }

  struct Consumer: Sendable, Equatable {
    var id: Int64
    var name: String
    var credits: Int
    var inHand = 0
    /// Gets nothing but a suspect.
    var isReserved = false

    var isFree: Bool { inHand < credits && !isReserved }
  }

  /// Keys that wait for their dead letters.
  var stopped: [UInt64: Int] { settings.policy == .keyWaits ? deadKeys : [:] }

  /// Somebody consumes, or the batch in hand changes who does.
  var isLive: Bool { !consumers.isEmpty || !joining.isEmpty }

  /// When the first delivery's time may be over; boot time, µs.
  var deadline: Int64? { consumers.isEmpty ? nil : deadlines.first?.value }

  /// When `step`, or `Intake.expire` before it, has something to do; boot time, µs.
  var due: Int64? {
    guard !consumers.isEmpty else { return nil }
    var due = deadlines.first?.value
    guard pause == nil else { return due }
    if let parked = window.due { due = min(due ?? parked, parked) }
    switch breaker.phase {
    case .open(let until): due = min(due ?? until, until)
    case .closed, .trying: if hasMore { due = 0 }
    }
    return due
  }
}
