/// What a pool has counted since it was made.
struct Counters: Equatable, Sendable {
  var generated: Int64 = 0
  var allocated: Int64 = 0
  var completed: Int64 = 0
  var released: Int64 = 0
  var expired: Int64 = 0
  var reused: Int64 = 0
  var lapsed: Int64 = 0
  var retired: Int64 = 0
  /// Taken over from another system, live or completed; part of neither generated nor allocated.
  var imported: Int64 = 0

  var live: Int64 { allocated + imported - completed - released - expired }
}

/// The numbers of one business, in memory.
final class Pool {
  /// Its place in the book.
  let index: Int32
  let id: Int64
  let business: String
  let created: Int64
  var updated: Int64
  var settings: PoolSettings
  var zone: TimeZoneRules
  /// All templates it ever had, the present one last.
  var editions: [Edition]
  var stock = Line<StockRange>()
  /// Numbers in `stock`.
  var stockCount: Int64 = 0
  var returned = Line<ReturnedNumber>()
  /// How old the numbers in `returned` are; asked where numbers have an age only.
  var returnedAges = AgeBlocks()
  /// What the next number in `returned` gets, so that the line survives a restart.
  var nextPlace: Int64 = 1
  /// The leases by id.
  var leases = PagedIndex()
  var nextLease: Int64 = 1
  var counters = Counters()
  /// Sums of completed amounts in minor units, by currency.
  var amounts: [String: Int64] = [:]
  /// Currencies whose sums have no up-to-date row.
  var dirtyAmounts: Set<String> = []
  /// When the last numbers were made; the next are never made earlier.
  var lastGenerated = Int64.min
  /// What the batch in hand brings to the lives of its numbers.
  var events = PoolEvents()
  /// The sequence of the first of `events`, or of the next one there will be.
  var firstEvent: Int64 = 1
  /// The hour and the day that it counts in.
  var counting = CountingTime()
  /// The period (serial 0) of which it was told that few serials are left.
  var lowTold: NumberKey?
  /// Its row doesn't have the present counters.
  var isDirty = false
  /// The live numbers of each owner, by its place among the callers.
  var held: [Int32: Int64] = [:]
  var quotas = QuotaTable()
  /// The sequence of the next change of it by an operator or a warning.
  var nextChange: Int64 = 1
  /// What holds its generator and its business stopped.
  var stops = PoolStops()
  /// It is in the book's list of pools to fill.
  var isWaitingForFill = false

  init(
    index: Int32, id: Int64, business: String, created: Int64, settings: PoolSettings,
    zone: TimeZoneRules, editions: [Edition]
  ) {
    self.index = index
    self.id = id
    self.business = business
    self.created = created
    updated = created
    self.settings = settings
    self.zone = zone
    self.editions = editions
  }

  /// The sequence that the next event gets.
  var nextEvent: Int64 { firstEvent + Int64(events.count) }

  /// The moment that a number made now shows.
  func generationMoment(_ now: Moment) -> Int64 { max(now.wall, lastGenerated) }
}
