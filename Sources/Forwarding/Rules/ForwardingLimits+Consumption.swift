// The bounds of what units consume.
extension ForwardingLimits {
  /// All are looked through for one that is free.
  static let consumersPerUnit = 64
  /// Streams of consumers in all: each has a queue of what is handed to it.
  static let consumers = 4_096
  /// Orders that one consumer has in hand.
  static let credits: Int32 = 1_000
  /// Deliveries that one message settles: it is decided as a whole.
  static let settlements = 1_000
  /// Messages of one stream in hand, so that a client may send on while others are being committed.
  static let settlementsInHand = 32

  /// A response to a consumer; one body more may be in it.
  static let deliveriesPerResponse = 256
  static let bytesPerResponse = 256 << 10

  static let shortestAckDeadline: Int64 = 1_000_000
  static let longestAckDeadline: Int64 = 3_600_000_000
  static let defaultAckDeadline: Int64 = 30_000_000
  static let longestDelay: Int64 = 86_400_000_000
  static let attempts: Int32 = 100
  static let defaultAttempts: Int32 = 5
  static let breakerFailures: Int32 = 1_000
  static let defaultBreakerFailures: Int32 = 10
  /// More than a store keeps is as good as none.
  static let queueBound: Int64 = 1_000_000_000
  static let defaultQueueBound: Int64 = 100_000
  /// The first time that a breaker stays open, and the longest.
  static let breakerPause: Int64 = 1_000_000
  static let longestBreakerPause: Int64 = 300_000_000

  /// Of a unit; what fails beyond them isn't counted. Each is a row.
  static let failures = 100_000
  /// Of a unit, of which it is known that a consumer was lost with them.
  static let losses = 65_536
  /// A consumer was lost so often with an order: it is next handed out alone.
  static let lossesOfSuspect: Int32 = 2
  /// Of a unit; what fails for good beyond them stays in the queue, and is tried again. Each is a row.
  static let deadLetters = 100_000
  static let deadLettersPerCall = 1_000
  /// Of one dead letter. Each keeps its body.
  static let edits = 16

  /// Keys of a unit that are in memory, but for those whose first order failed and has a delay.
  static let keysInWindow = 16_384
  /// Orders of one key in memory, behind the first; more of them are looked for when these are done.
  static let ordersBehindFirst = 16
  /// Orders are looked for in the queue when fewer keys than this are ready, until twice as many are.
  static let readyKeys = 1_024
  /// Orders looked at for the next of one key; if that isn't among them, it is sought with others'.
  static let ordersPerLook = 1_024
  /// Orders looked at in one go, as other calls wait for it.
  static let ordersPerFill = 8_192
  /// Orders handed out in one go, for the same reason.
  static let deliveriesPerStep = 2_048
  /// Deadlines that have passed, looked at in one go.
  static let deadlinesPerWake = 1_024
}
