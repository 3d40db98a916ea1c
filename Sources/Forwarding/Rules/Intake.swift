/// The first queues of a business and its units: what was taken, where each order of it is, who gets which.
///
/// It is in the memory of one thread. Every change notes how it is taken back.
final class Intake {
  let business: String
  var settings: IntakeSettings
  /// Of the next order.
  var nextSequence: Int64 = 1
  /// Of the oldest order that is kept.
  var floor: Int64 = 1
  /// The first block of orders in memory.
  var firstBlock: Int64 = 0
  /// Up to here, but for it, all orders are through.
  var firstUnfinished: Int64 = 1
  /// The orders that cancellations which aren't forwarded take back.
  var waitingOriginals: Set<Int64> = []
  var seen = SeenOrders()
  /// The places of orders, as `OrderPlace`.
  var places = PlaceBlocks(bits: 4)
  var versions = RuleVersions()
  var keys = OrderKeys()
  /// Orders at each place, by its raw value.
  var counts = Array(repeating: 0, count: OrderPlace.allCases.count)
  /// Never empty.
  var layouts: [LaneLayout]
  /// What isn't in a lane yet.
  var waiting = WaitingRoom()
  /// The orders whose items are reserved.
  var reservations = OrderReservations()
  /// By the hash of the key: a quarantined order, and those behind it.
  var lines: [UInt64: OrderLine] = [:]
  /// By code: the keys whose lines begin with an order of it.
  var quarantine: [ExactText: Set<UInt64>] = [:]
  /// Keys whose lines may go on.
  var released: [UInt64] = []
  /// By name.
  var units: [ExactText: ForwardUnit] = [:]
  /// In the order of their names.
  var unitsByCode: [ExactText: [ForwardUnit]] = [:]
  var nextUnit: Int32 = 1
  /// Counts the changes of units and codes.
  var rulesVersion: Int64 = 0
  /// The row of the intake is to be written.
  var isRowDirty = false
  var changes: [Change] = []

  init(business: String, settings: IntakeSettings) {
    self.business = business
    self.settings = settings
    layouts = [LaneLayout(from: 1, lanes: settings.lanes)]
  }

  /// How many changes are noted.
  var mark: Int { changes.count }

  func note(_ change: Change) { changes.append(change) }

  func note(_ undo: @escaping () -> Void) { changes.append(.other(undo)) }

  /// Nothing is taken back any more.
  func settle() {
    changes.removeAll(keepingCapacity: true)
    for index in layouts.indices { layouts[index].settle() }
    places.written()
    for unit in units.values {
      unit.queue.written()
      unit.consumption.written()
    }
    isRowDirty = false
    if !waiting.lookedUp.isEmpty { waiting.lookedUp.removeAll() }
    forgetWhatIsNotKept()
  }

  /// Changes one value, with the way back.
  func set<Value>(_ path: ReferenceWritableKeyPath<Intake, Value>, _ value: Value) {
    let before = self[keyPath: path]
    note { [unowned self] in self[keyPath: path] = before }
    self[keyPath: path] = value
  }

  func place(of sequence: Int64) -> OrderPlace { OrderPlace(rawValue: places[sequence]) ?? .none }

  func move(_ sequence: Int64, to place: OrderPlace) {
    let before = self.place(of: sequence)
    put(sequence, before, place)
    note(.moved(sequence: sequence, from: before, to: place))
  }

  func put(_ sequence: Int64, _ from: OrderPlace, _ to: OrderPlace) {
    places[sequence] = to.rawValue
    if from != .none { counts[Int(from.rawValue)] -= 1 }
    if to != .none { counts[Int(to.rawValue)] += 1 }
  }

  func count(_ place: OrderPlace) -> Int { counts[Int(place.rawValue)] }

  /// The lanes of an order that is in one of them.
  func layout(of sequence: Int64) -> LaneLayout {
    layouts.last { $0.from <= sequence } ?? layouts[0]
  }

  /// Orders kept.
  var kept: Int { Int(nextSequence - floor) }
}
