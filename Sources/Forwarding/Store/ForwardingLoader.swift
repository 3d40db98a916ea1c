internal import Numbers
internal import Store

/// Fills an empty book from the tables and the feeds.
struct ForwardingLoader {
  private let book: ForwardingBook
  let connection: ReadConnection
  private let opened: Int64
  /// The wall clock at the same time, µs.
  private let now: Int64

  init(_ book: ForwardingBook, _ connection: ReadConnection, _ store: StoreInfo) {
    self.book = book
    self.connection = connection
    opened = store.boot.microseconds
    now = store.now.microseconds
  }

  func load() throws(StoreError) {
    try connection.query(ForwardingStatements.intakes) { (row) throws(StoreError) in
      try addIntake(row)
    }
    var units: [ExactText: [Int32: ForwardUnit]] = [:]
    try connection.query(ForwardingStatements.units) { (row) throws(StoreError) in
      let unit = try readUnit(row)
      let business = ExactText(row.text(0))
      units[business, default: [:]][unit.id] = unit
      book.intakes[business]?.intake.load(unit)
    }
    try addConsumption(units)
    try connection.query(ForwardingStatements.places) { (row) throws(StoreError) in
      try addPlaces(row, units)
    }
    for stored in book.intakes.values {
      try addOrders(of: stored.intake)
      stored.flow.append(stored.intake.look(at: opened))
    }
  }

  private func addIntake(_ row: borrowing ResultRow) throws(StoreError) {
    let business = row.text(0)
    let intake = Intake(
      business: business,
      settings: IntakeSettings(
        lanes: Int32(clamping: row.integer(1)), window: row.integer(2),
        batchSize: Int32(clamping: row.integer(3)), retention: row.integer(7)))
    intake.rulesVersion = row.integer(5)
    intake.nextUnit = Int32(clamping: row.integer(6))
    var layouts: [(from: Int64, lanes: Int32)] = []
    do throws(EventDamage) {
      var reader = VarintReader(row.bytes(4))
      while !reader.isAtEnd {
        let from = try reader.integer(as: Int64.self)
        layouts.append((from: from, lanes: try reader.integer(as: Int32.self)))
      }
    } catch {
      layouts = []
    }
    guard intake.load(layouts: layouts) else { throw damage("the lanes", business) }
    book.intakes[ExactText(business)] = StoredIntake(intake)
  }

  private func readUnit(_ row: borrowing ResultRow) throws(StoreError) -> ForwardUnit {
    let codes: [ExactText]
    do throws(EventDamage) { codes = try Self.codes(row.bytes(4)) } catch {
      throw damage("a unit", row.text(0))
    }
    return ForwardUnit(
      id: Int32(clamping: row.integer(1)), name: row.text(2), created: row.integer(3),
      codes: codes)
  }

  /// The codes of a unit, as they are stored.
  static func codes(_ bytes: [UInt8]) throws(EventDamage) -> [ExactText] {
    var codes: [ExactText] = []
    var reader = VarintReader(bytes)
    while !reader.isAtEnd { codes.append(ExactText(try reader.text())) }
    return codes
  }

  private func addPlaces(
    _ row: borrowing ResultRow, _ units: [ExactText: [Int32: ForwardUnit]]
  ) throws(StoreError) {
    let business = row.text(0)
    guard let intake = book.intakes[ExactText(business)]?.intake else { return }
    let block = row.integer(2)
    let isLoaded: Bool
    if row.integer(1) == 0 {
      isLoaded =
        intake.places.load(block: block, row.bytes(3))
        && intake.versions.load(block: block, row.bytes(4))
    } else if let unit = units[ExactText(business)]?[Int32(clamping: row.integer(1))] {
      isLoaded = unit.queue.load(block: block, row.bytes(3))
    } else {
      isLoaded = false
    }
    guard isLoaded else { throw damage("places", business) }
  }

  private func addOrders(of intake: Intake) throws(StoreError) {
    try connection.forEachChunk(of: OrderFeed.key(intake.business)) {
      (chunk) throws(StoreError) in
      let came = opened - max(0, now - chunk.time.microseconds)
      for (place, order) in try OrderChunk(chunk).orders.enumerated() {
        let kept = KeptOrder(
          order: order.facts, sequence: chunk.first + Int64(place), lacked: order.lackedGoods)
        guard intake.load(kept, at: came) else {
          throw damage("the place of order \(kept.sequence)", intake.business)
        }
        loadReservation(of: order, kept.sequence, intake)
      }
    }
    intake.loaded()
  }

  private func loadReservation(of order: OrderRecord, _ sequence: Int64, _ intake: Intake) {
    let hasItems = !order.items.isEmpty
    let mayMatter = OrderReservations.mayMatter(version: order.version, hasItems: hasItems)
    guard mayMatter || !intake.reservations.isEmpty else { return }
    let number = OrderHash.number(order.number)
    if order.isCancellation {
      intake.loadCancellation(number, of: order.original)
    } else {
      intake.loadHolder(
        number, version: order.version, sequence: sequence, hasItems: hasItems)
    }
  }

  private func damage(_ what: String, _ business: String) -> StoreError {
    .corrupt("\(what) of \(business) can't be read")
  }
}
