@testable import Forwarding

/// An order as the model knows it.
struct ModelOrder: Sendable, Equatable {
  var number: Int
  var version: Int64 = 0
  var key: String
  var code: ExactText
  var goods: [String] = []
  var isPoison = false
  /// What its body says beside that.
  var text = 0
  /// Of a cancellation the order that it takes back; else 0.
  var original: Int64 = 0

  // What became of it.
  var sequence: Int64 = 0
  var place = OrderPlace.none
  /// Its goods weren't all there when it was taken.
  var isLacking = false
  /// When it came into its lane at the latest, boot time, µs.
  var since: Int64 = 0

  var isCancellation: Bool { original != 0 }

  func isSame(as other: ModelOrder) -> Bool {
    number == other.number && version == other.version && isCancellation == other.isCancellation
  }

  func hasSameContent(as other: ModelOrder) -> Bool {
    key == other.key && code == other.code && text == other.text && goods == other.goods
      && isPoison == other.isPoison
  }

  func cancellation(_ reason: Int) -> ModelOrder {
    ModelOrder(
      number: number, version: version, key: key, code: code, text: reason, original: sequence)
  }

  var record: OrderRecord {
    OrderRecord(
      number: "n\(number)", version: version, key: key, code: code.text,
      body: [UInt8(truncatingIfNeeded: text), isPoison ? 1 : 0], original: original, principal: "",
      items: goods.map { OrderItem(good: $0, quantity: 1) })
  }
}

/// What forwarding must do, said as simply as it can be: every order that was ever taken with its place,
/// looked through from end to end.
///
/// Three things are the server's choice and are followed, not foretold: when an order leaves its lane before its
/// window is over, which consumer is handed which order first, and when a breaker lets an order through. All
/// are checked against what they may be.
struct ForwardingModel {
  struct Delivery: Equatable {
    var sequence: Int64
    var consumer: Int64
    /// Boot time, µs.
    var deadline: Int64
    var isAlone: Bool
  }

  struct Consumer: Equatable {
    var id: Int64
    var name: String
    var credits: Int
  }

  struct Failures: Equatable {
    var count: Int32
    /// Boot time, µs.
    var due: Int64
  }

  /// An order that failed.
  struct Failed: Equatable {
    var sequence: Int64
    /// What was known of it before.
    var before: Failures?
    var due: Int64
    var losses: Int32?
  }

  struct Unit {
    var codes: [ExactText]
    var settings = ConsumptionSettings()
    var isPaused = false
    /// By sequence; what isn't here never came.
    var places: [Int64: UnitPlace] = [:]
    var failures: [Int64: Failures] = [:]
    var losses: [Int64: Int32] = [:]
    /// The breaker lets everything through.
    var isClosed = true
    /// What failed in a row.
    var streak: [Failed] = []
    var consumers: [Consumer] = []
    /// By token.
    var inHand: [Int64: Delivery] = [:]

    func sequences(_ place: UnitPlace) -> [Int64] {
      places.filter { $0.value == place }.keys.sorted()
    }
  }

  var settings: IntakeSettings
  /// All that were taken, in the order of their sequences.
  var orders: [ModelOrder] = []
  var goods: Set<String> = []
  var units: [String: Unit] = [:]
  var rulesVersion: Int64 = 0
  /// Everything that was ever handed out: the token, and to whom.
  var handed: [String: [(token: Int64, consumer: Int64)]] = [:]
  var tokens: Set<Int64> = []

  func find(_ order: ModelOrder) -> ModelOrder? { orders.first { $0.isSame(as: order) } }

  subscript(_ sequence: Int64) -> ModelOrder {
    get { orders[Int(sequence - 1)] }
    set { orders[Int(sequence - 1)] = newValue }
  }

  /// No server ran for a while: what it had only in memory is gone.
  mutating func restarted(at boot: Int64) {
    for name in units.keys {
      units[name]?.consumers = []
      units[name]?.inHand = [:]
      units[name]?.losses = [:]
      units[name]?.isClosed = true
      units[name]?.streak = []
    }
    for place in orders.indices { orders[place].since = boot }
  }
}
