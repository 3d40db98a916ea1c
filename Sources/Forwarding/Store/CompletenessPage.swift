internal import Numbers
internal import Store

/// Orders of a business, checked by what one snapshot of the tables has of them.
struct CompletenessPage: Sendable {
  private(set) var found = Completeness()
  /// Of units, by their ids.
  private(set) var names: [Int32: String] = [:]
  /// The last sequence that was looked at; nil: none comes after it.
  private(set) var next: Int64?

  /// nil: the business has no intake. Looks at up to `limit` orders after a sequence.
  init?(
    _ connection: ReadConnection, of business: String, after start: Int64, limit: Int
  ) throws(StoreError) {
    guard let version = try Self.version(connection, business) else { return nil }
    let units = try Self.units(connection, business)
    names = units.mapValues(\.name)
    var kept: [Completeness.Kept] = []
    let oldest = try connection.chunk(of: OrderFeed.key(business), after: 0)?.first ?? 1
    var places = KeptPlaces(connection, business, units: names.keys.sorted(), oldest: oldest)
    var last = start
    while kept.count < limit,
      let chunk = try connection.chunk(of: OrderFeed.key(business), after: last)
    {
      let orders = try OrderChunk(chunk).orders
      for (place, order) in orders.enumerated() {
        let sequence = chunk.first + Int64(place)
        guard sequence > last, kept.count < limit else { continue }
        kept.append(try places.kept(order, sequence))
        last = sequence
      }
    }
    // The rules may have changed often: only what changed since these orders matters.
    let first = kept.lazy.filter { $0.place == .forwarded }.map(\.version).min() ?? version
    var rules = RuleHistory(
      version: version, codes: units.mapValues(\.codes),
      changes: try Self.changes(connection, business, after: first))
    for one in kept { found.check(one, by: &rules) }
    let head = try connection.head(of: OrderFeed.key(business))
    next = last < head ? last : nil
  }

  private static func version(
    _ connection: ReadConnection, _ business: String
  ) throws(StoreError) -> Int64? {
    var version: Int64?
    try connection.query(
      ForwardingStatements.intake, bind: { $0.bind(business) }, { version = $0.integer(0) })
    return version
  }

  private static func units(
    _ connection: ReadConnection, _ business: String
  ) throws(StoreError) -> [Int32: (name: String, codes: Set<ExactText>)] {
    var units: [Int32: (name: String, codes: Set<ExactText>)] = [:]
    try connection.query(ForwardingStatements.unitsOfOne, bind: { $0.bind(business) }) {
      (row) throws(StoreError) in
      units[Int32(clamping: row.integer(0))] = (
        row.text(1), Set(try Self.codes(row.bytes(2), business))
      )
    }
    return units
  }

  private static func changes(
    _ connection: ReadConnection, _ business: String, after version: Int64
  ) throws(StoreError) -> [RuleHistory.Change] {
    var changes: [RuleHistory.Change] = []
    try connection.query(
      ForwardingStatements.ruleChanges,
      bind: { row in
        row.bind(business)
        row.bind(version)
      },
      { (row) throws(StoreError) in
        changes.append(
          RuleHistory.Change(
            version: row.integer(0), unit: Int32(clamping: row.integer(1)),
            before: try Self.codes(row.bytes(2), business)))
      })
    return changes
  }

  private static func codes(
    _ bytes: [UInt8], _ business: String
  ) throws(StoreError) -> [ExactText] {
    do throws(EventDamage) {
      return try ForwardingLoader.codes(bytes)
    } catch {
      throw .corrupt("the codes of a unit of \(business) can't be read")
    }
  }
}

/// The places of orders as they are in the tables, a block at a time.
private struct KeptPlaces {
  private let connection: ReadConnection
  private let business: String
  private let units: [Int32]
  private let oldest: Int64
  private var orders = PlaceBlocks(bits: 4)
  private var versions = RuleVersions()
  private var queues: [Int32: PlaceBlocks] = [:]
  private var read: Set<Int64> = []

  init(_ connection: ReadConnection, _ business: String, units: [Int32], oldest: Int64) {
    self.connection = connection
    self.business = business
    self.units = units
    self.oldest = oldest
  }

  mutating func kept(
    _ order: OrderRecord, _ sequence: Int64
  ) throws(StoreError) -> Completeness.Kept {
    try read(block: PlaceBlocks.block(of: sequence))
    var kept = Completeness.Kept(
      sequence: sequence, code: ExactText(order.code), original: order.original,
      place: OrderPlace(rawValue: orders[sequence]) ?? .none, version: versions[sequence],
      units: at(sequence))
    if order.isCancellation, order.original < oldest {
      kept.originalUnits = nil
    } else if order.isCancellation {
      try read(block: PlaceBlocks.block(of: order.original))
      kept.originalUnits = at(order.original)
    }
    return kept
  }

  private func at(_ sequence: Int64) -> Set<Int32> {
    Set(units.filter { queues[$0]?[sequence] ?? 0 != UnitPlace.none.rawValue })
  }

  private mutating func read(block: Int64) throws(StoreError) {
    guard read.insert(block).inserted else { return }
    for unit in [0] + units {
      var row: (places: [UInt8], versions: [UInt8])?
      try connection.query(
        ForwardingStatements.placesOfBlock,
        bind: { statement in
          statement.bind(business)
          statement.bind(unit)
          statement.bind(block)
        },
        { row = ($0.bytes(1), $0.bytes(2)) })
      guard let row else { continue }
      let isLoaded =
        unit == 0
        ? orders.load(block: block, row.places) && versions.load(block: block, row.versions)
        : queues[unit, default: PlaceBlocks(bits: 2)].load(block: block, row.places)
      guard isLoaded else { throw .corrupt("places of \(business) can't be read") }
    }
  }
}
