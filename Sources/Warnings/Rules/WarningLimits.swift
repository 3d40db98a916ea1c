/// The bounds of this module beside the forecast's, each with its reason.
enum WarningLimits {
  /// As in the pools: a business is part of keys.
  static let businessBytes = 64
  static let nameBytes = 64
  static let sourceBytes = 64
  static let textBytes = 256
  static let noteBytes = 256
  static let personBytes = 128

  /// A call is decided as a whole while all other calls wait.
  static let signalsPerCall = 1_000
  /// The newest value of each is in the writer's memory.
  static let sourcesPerKind = 64
  /// All rules are in the writer's memory, and a signal is compared with those of its business.
  static let rulesPerBusiness = 200
  static let rulesInAll = 20_000
  /// Deleted ones whose names are remembered, in memory, for the version to go on from if they come again.
  static let deletedRules = 1_000
  static let presetsPerBusiness = 100
  static let actionsPerRule = 10
  static let stepsPerPreset = 20
  /// Beyond it the oldest is given up, so that one business's attendants who never answer can't fill the
  /// memory of all.
  static let openInstructionsPerBusiness = 10_000

  static let pageSize = 1_000
  static let defaultPageSize = 100
  /// A page looks at so many rows, whatever its filter finds in them.
  static let rowsPerPage = 5_000
  static let kindsPerFilter = 32
  /// Events stored together, and shown together.
  static let eventsPerChunk = 256
  static let instructionsPerResponse = 100
  static let dryRunValues = 200_000
  static let dryRunWarnings = 1_000

  static let second: Int64 = 1_000_000
  static let day: Int64 = 86_400 * second
  /// Signals are recorded so long: what a dry run can look at.
  static let signalsKept = 7 * day
  /// Warnings that cleared and instructions that ended.
  static let endsKept = 90 * day
  /// Clocks of reporters go a little wrong.
  static let signalAhead = 60 * second
  static let longestHold = day
  static let longestWindow = day
  static let longestAbsence = 7 * day
  static let longestHorizon = 30 * day
  /// Values of a window that are kept, in which the oldest and the newest are exact to a share of it.
  static let windowValues: Int64 = 60

  static let repeatAfter = 30 * second
  static let longestRepeat = 3_600 * second
  static let escalateAfter = 300 * second
  static let longestEscalation = 7 * day
  static let expireAfter = day
  static let longestExpiry = 30 * day

  /// How often figures of pools are looked at for rules.
  static let lookEvery = second
  /// Pools that a wake passes by, and those of them whose figures it reads (some µs each).
  static let poolsPerWake = 2_048
  static let figuresPerWake = 256
  /// Rates are of the last minute.
  static let rateWindow = 60 * second
  static let rateLooks = 5 * second
  static let leastRateWindow = 5 * second
  /// Computed values are recorded once a minute, where a rule looks at them.
  static let recordEvery = 60 * second
  /// What is remembered of demand is written so often.
  static let keepDemandEvery = 300 * second
  /// Holds, absences, repetitions, escalations and expiries of one wake.
  static let duesPerWake = 128
  /// Rows that a wake looks at for what is kept no longer.
  static let rowsPerPruning = 256
  static let pruningPace = second
  static let pruningPause = 60 * second
}
