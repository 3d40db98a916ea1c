/// What becomes of the later orders of a key when one is a dead letter. As it is stored: never renumber.
enum DeadLetterPolicy: Int32, Sendable, CaseIterable {
  case keyGoesOn = 1
  case keyWaits = 2
}

/// How a unit gets its orders.
struct ConsumptionSettings: Sendable, Equatable {
  /// µs.
  var ackDeadline = ForwardingLimits.defaultAckDeadline
  var attempts = ForwardingLimits.defaultAttempts
  var policy = DeadLetterPolicy.keyGoesOn
  /// 0: the breaker never opens.
  var breakerFailures = ForwardingLimits.defaultBreakerFailures
  /// Orders in the queue; 0: any number.
  var queueBound = ForwardingLimits.defaultQueueBound
  var overflow = OverflowPolicy.queue
}

/// Why a unit gets nothing at the moment.
struct UnitPause: Sendable, Equatable {
  /// Wall clock, µs.
  var since: Int64
  var reason: String
  var principal: String
}

/// How often an order has failed at a unit.
struct OrderFailures: Sendable, Equatable {
  var count: Int32
  /// Not before; boot time, µs.
  var due: Int64
  var reason: String
}

/// An order that a unit can't process.
struct DeadLetter: Sendable, Equatable {
  /// When it became one, wall clock, µs.
  var since: Int64
  var failures: Int32
  /// Of the last failure.
  var reason: String
  /// Whose delivery failed last.
  var consumer: String
}
