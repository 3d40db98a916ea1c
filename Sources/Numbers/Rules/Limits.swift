/// The bounds of this module, each with its reason. Those that an operator may lower are
/// `CapacityLimits`.
enum Limits {
  /// A business is part of keys and of numbers.
  static let businessBytes = 64
  /// A template is parsed for each pool at start, and shown in errors.
  static let templateBytes = 256
  /// What fits on a label, and in a buffer on the stack.
  static let numberBytes = 64
  /// 10^18 and 36^12 are the highest powers that a signed 64-bit serial holds.
  static let decimalSerialWidth = 18
  static let base36SerialWidth = 12
  /// Each earlier template of a pool is tried when a number is parsed.
  static let templatesPerPool = 100
  /// Free numbers cost one row a range, so this only bounds what lapses with a period.
  static let watermark: Int64 = 10_000_000
  static let generationBatch: Int64 = 1_000_000
  /// Ranges in stock: high watermark / generation batch. Each is a row and an entry in memory.
  static let rangesPerPool: Int64 = 10_000
  /// A call is decided as a whole while all other calls wait.
  static let numbersPerCall = 1_000
  /// Requests of one AllocateStream that are decided or wait for it: several batches of the store at
  /// the disk's pace, and as many answers as may wait for a reader.
  static let requestsInFlight = 64
  /// Their numbers: what bounds a stream's memory where requests are large, about 1 MB.
  static let numbersInFlight = 16_000
  static let holderBytes = 128
  /// Subjects of certificates are long.
  static let principalBytes = 1_024
  /// Each is kept in memory and a row.
  static let quotasPerPool = 10_000
  static let reasonBytes = 256
  /// A pool's answer carries them all.
  static let stopsPerSwitch = 256
  /// A timestamp without a year is taken for one of the last years, or so long between leap days.
  static let yearsWithoutOne = 8
  /// Changes are a row each, and the page of them that is read is bounded; years of an operator's work.
  static let changesPerPool: Int64 = 10_000
  static let updateMaskPaths = 32
  /// ISO 4217 has fewer than 200 currencies.
  static let currenciesPerPool = 200
  static let pageSize = 1_000
  static let defaultPageSize = 100

  static let second: Int64 = 1_000_000

  // MARK: - Watching and listing

  /// More than there are states: a client may name each once, and some twice.
  static let filterStates = 16
  /// Rows that one page of marks looks at: what a reader's thread does in some milliseconds.
  static let rowsPerListing = 4_000
  /// Rows that it looks at at a time where not all are wanted.
  static let rowsPerStep = 500
  static let day: Int64 = 86_400 * second
  static let minAgeMicroseconds = second
  static let maxAgeMicroseconds = 3_653 * day
  static let maxQuarantineMicroseconds = 366 * day
  static let minLeaseMicroseconds = second
  static let maxLeaseMicroseconds = 366 * day

  /// A wake handles so many numbers of expired leases, then lets foreground work go first; or twice
  /// as many as were handed out since the last, where that is more, so that leases run out at least
  /// as fast as others begin.
  static let expiriesPerWake = 256
  /// Nor more than that: a wake is one transaction.
  static let mostExpiriesPerWake = 16_384
  /// How long events and ended numbers are kept: an event is some ten bytes, an ended number a
  /// hundred, so that ten years of them are the operator's own choice.
  static let defaultRetention = 7 * day
  static let minRetention = 3_600 * second
  static let maxRetention = 3_653 * day
  /// A page of a gap report reads so many rows of each table: some ten milliseconds of a reader.
  static let rowsPerGapPage = 16_384
  /// And so many blocks of settled serials, of 4,096 each.
  static let blocksPerGapPage = 64
  /// A payload of events gets no more once it has so many: readers hold all of one that they show.
  static let eventsPerPayload = 16_384
  /// The life of a number is followed so many events back.
  static let eventsPerLife = 10_000
  /// Two months of hours can be compared, and ten years of days.
  static let hoursKept: Int64 = 62 * 24
  static let daysKept: Int64 = 3_653
  /// A look at the ends of numbers that may be old enough to be deleted.
  static let rowsPerPruning = 256
  /// Rows of many numbers: a look ends with the one that makes it so many.
  static let numbersPerPruning: Int64 = 16_384
  /// After so many looks that found nothing old, the rest of a series is young too, but for
  /// stragglers: they are found in a round through everything, one in so many.
  static let youngLooks = 64
  static let roundsPerWholeRound = 16
  /// A wake makes so many ranges.
  static let rangesPerWake = 16
  /// A call looks at so many numbers that came back but became too old, then takes fresh ones.
  static let lapsesPerCall = 1_000
  /// Periods of a template whose serial counters stay in memory without a live number: a change of
  /// the zone's rules or the end of daylight saving time may go back to the one before.
  static let recentPeriods = 4
  /// The share of a period's serials left below which a pool warns: one in so many.
  static let lowSerialsShare: Int64 = 10
}
