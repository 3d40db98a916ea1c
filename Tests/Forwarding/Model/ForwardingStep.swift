/// One thing that happens in a history. Orders, deliveries and tokens are named by how far back they lie,
/// counted around if there are fewer, so that a history from which steps were taken out still means
/// something.
enum ForwardingStep: Codable, Equatable {
  /// Commands that are decided in one batch, in this order.
  case commands([ForwardingCommand])
  /// Both clocks run on.
  case pass(milliseconds: Int64)
  /// The wall clock is set back or on.
  case stepWall(seconds: Int64)
  /// The store's files as they are after these commands were decided, and before they are committed or
  /// before their callers get an answer.
  case crash(isCommitted: Bool, [ForwardingCommand])
  /// The store is closed and opened again.
  case restart
}

/// A command of a history. Units, names of consumers, codes, keys and goods are few, and numbered.
struct ForwardingCommand: Codable, Equatable {
  var what: What
  /// It is decided and taken back: as if it had never been.
  var inVain = false

  enum What: Codable, Equatable {
    case submit([HistoryOrder])
    case cancel(back: Int, reason: Int)
    /// It is in the catalog from now on.
    case good(Int)
    case intake(lanes: Int32, milliseconds: Int64, batch: Int32)
    /// A unit is made, or gets other codes or settings.
    case unit(Int, codes: [Int], HistoryConsumption?)
    case delete(Int, force: Bool)
    case pause(Int)
    case resume(Int)
    case attach(Int, name: Int, credits: Int)
    case leave(Int, name: Int, isLost: Bool)
    case credits(Int, name: Int, Int)
    /// What a consumer does with the oldest that it has in hand, one after another.
    case settle(Int, name: Int, [HistoryAct])
    /// A token that was once handed out is acknowledged by whom it was handed to.
    case stale(Int, back: Int)
    /// So many of the oldest dead letters.
    case redrive(Int, count: Int)
    case purge(Int, count: Int)
  }
}

extension ForwardingCommand.What {
  /// It may read an order that it follows, and with it what its batch wrote.
  var mayRead: Bool {
    switch self {
    case .submit(let orders):
      orders.contains { if case .version = $0 { true } else { false } }
    case .cancel: true
    default: false
    }
  }
}

/// What a consumer does with one order.
enum HistoryAct: Codable, Equatable {
  /// It can't if the order is poison.
  case acknowledge
  case acknowledgeAnyway
  case refuse(milliseconds: Int64)
  case extend(seconds: Int64)
  case nothing
}

/// An order that is given in.
enum HistoryOrder: Codable, Equatable {
  case new(key: Int, code: Int, goods: [Int] = [], isPoison: Bool = false)
  /// An earlier one once more.
  case again(back: Int)
  /// The next version of an earlier one.
  case version(back: Int, code: Int)
  /// An earlier one with another body.
  case changed(back: Int)
}

/// How a unit gets its orders.
struct HistoryConsumption: Codable, Equatable {
  var seconds: Int64 = 30
  var attempts: Int32 = 2
  var keyWaits = false
  var breaker: Int32 = 0
}
