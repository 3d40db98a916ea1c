internal import API
internal import Messages
internal import Numbers
public import Store

/// Rules, warnings and instructions in the store's writer: loaded from the tables at start, changed with
/// each batch, with what is due by time done in small pieces.
///
/// Memory has what is at work: rules, presets, newest values, open warnings, open instructions, demand.
/// What has ended is in the tables only.
public final class WarningBook: WriterState {
  /// The name in the migration table.
  public static let capability = "warnings"
  /// The tables.
  public static var migrations: [Migration] { WarningSchema.migrations }

  var rules: [RuleKey: LiveRule] = [:]
  /// The names of a business's rules, sorted.
  var ruleNames: [ExactText: [String]] = [:]
  var ruleCount = 0
  /// The last versions of rules that were deleted, as far as they are above `forgottenVersion`.
  var deletedVersions: [RuleKey: Int64] = [:]
  /// No rule that was deleted and isn't remembered had a higher version: so whatever is made anew begins
  /// above it, and no version of a name comes twice.
  var forgottenVersion: Int64 = 0
  /// By business, then by name.
  var presets: [ExactText: [ExactText: API.Preset]] = [:]
  /// The newest of each source, by business and kind.
  var latest: [SignalKey: [ExactText: LatestValue]] = [:]
  var openWarnings: [Int64: API.Warning] = [:]
  var nextWarning: Int64 = 1
  var instructions: [Int64: LiveInstruction] = [:]
  /// Open ones by whom they are for, in the order of their making.
  var byAttendant: [AttendantKey: [Int64]] = [:]
  var byBusiness: [ExactText: [Int64]] = [:]
  var byWarning: [Int64: [Int64]] = [:]
  var nextInstruction: Int64 = 1
  var dues = DueHeap<DueKey>()
  /// When the heap has a rule next.
  var queuedRules: [RuleKey: Int64] = [:]
  var looks: PoolLooks
  var pruning: WarningPruning
  /// What became of warnings in the batch in hand.
  var events: [API.WarningEvent] = []
  /// Businesses whose instructions changed in the batch in hand.
  var told: Set<ExactText> = []

  /// Reads the tables.
  public init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {
    looks = PoolLooks(opened: store.boot.microseconds)
    pruning = WarningPruning(opened: store.boot.microseconds)
    try WarningLoader(self, connection, opened: store.boot.microseconds).load()
  }

  /// Changes one entry, with the way back.
  func put<Key: Hashable, Value>(
    _ path: ReferenceWritableKeyPath<WarningBook, [Key: Value]>, _ key: Key, _ value: Value?,
    _ batch: Batch
  ) {
    let before = self[keyPath: path][key]
    batch.undo { [unowned self] in self[keyPath: path][key] = before }
    self[keyPath: path][key] = value
  }

  /// Changes one value, with the way back.
  func set<Value>(
    _ path: ReferenceWritableKeyPath<WarningBook, Value>, _ value: Value, _ batch: Batch
  ) {
    let before = self[keyPath: path]
    batch.undo { [unowned self] in self[keyPath: path] = before }
    self[keyPath: path] = value
  }

  /// The pools, decided in the same transaction.
  func numbers(_ batch: Batch) -> NumberState? { batch.state(of: NumberState.self) }

  /// Tells who follows, in the transaction of what is told.
  public func willCommit(_ batch: Batch) {
    for business in told.sorted() {
      let feed = WarningFeeds.instructions(of: business.text)
      batch.feeds.setRetention(WarningFeeds.instructionsKept, of: feed, batch)
      batch.feeds.append(WarningFeeds.somethingChanged, count: 1, to: feed, batch)
    }
    // A report may raise and clear so many that one chunk of them could be neither encoded nor read.
    var rest = events[...]
    while !rest.isEmpty {
      let part = rest.prefix(WarningLimits.eventsPerChunk)
      batch.feeds.append(
        WarningFeeds.chunk(part), count: part.count, to: WarningFeeds.warnings, batch)
      rest = rest.dropFirst(part.count)
    }
  }

  /// What was told is told.
  public func didCommit() {
    events.removeAll(keepingCapacity: true)
    told.removeAll(keepingCapacity: true)
  }

  /// When a hold, a repetition or the like is over, or pools are to be looked at again.
  public var nextWake: BootTime? {
    BootTime(
      microseconds: min(dues.earliest ?? .max, min(looks.due, pruning.due)))
  }

  /// Does some of what is due.
  public func wake(_ batch: Batch) throws(StoreError) {
    try passTime(batch)
    try lookAtPools(batch)
    try prune(batch)
  }

  private func passTime(_ batch: Batch) throws(StoreError) {
    let now = batch.boot.microseconds
    for _ in 0..<WarningLimits.duesPerWake {
      guard let key = dues.popDue(at: now) else { return }
      batch.undo { [unowned self] in dues.insert(key, due: now) }
      switch key {
      case .rule(let key):
        queuedRules[key] = nil
        try passTime(of: key, batch)
        waitForRule(key)
      case .instruction(let id): passTime(of: id, batch)
      }
    }
  }

  /// Has a rule looked at when its hold or absence is over. A rule that is waited for already, and not
  /// later, is looked at then: so a noisy signal doesn't fill the heap.
  func waitForRule(_ key: RuleKey) {
    guard let live = rules[key], !live.rule.isDisabled, let due = live.watch.due,
      due < queuedRules[key] ?? .max
    else { return }
    queuedRules[key] = due
    dues.insert(.rule(key), due: due)
  }

  func wait(for instruction: LiveInstruction) {
    if let due = instruction.progress.due {
      dues.insert(.instruction(instruction.message.id), due: due)
    }
  }
}

/// A rule of a business, or a preset.
struct RuleKey: Hashable, Sendable {
  private let exactBusiness: ExactText
  private let exactName: ExactText

  var business: String { exactBusiness.text }
  var name: String { exactName.text }

  init(business: String, name: String) {
    (exactBusiness, exactName) = (ExactText(business), ExactText(name))
  }
}

/// A kind of signal of a business.
struct SignalKey: Hashable, Sendable {
  private let business: ExactText
  private let kind: SignalKind

  init(business: String, kind: SignalKind) {
    self.business = ExactText(business)
    self.kind = kind
  }
}

/// The newest value of a source.
struct LatestValue: Sendable {
  /// Wall clock, µs: when it was so.
  var time: Int64
  /// The same on the clock that nobody sets.
  var heard: Int64
  var value: Double
}

/// A rule at work, and the warning that it has open.
struct LiveRule: Sendable {
  var rule: WarningRule
  var watch: RuleWatch
  var warning: Int64?
}

/// An open instruction.
struct LiveInstruction: Sendable {
  var message: API.Instruction
  var progress: InstructionProgress
  var escalateTo: API.Attendant?
}

/// Whose instructions.
struct AttendantKey: Hashable, Sendable {
  private let exactBusiness: ExactText
  private let role: Int32
  private let name: ExactText

  var business: String { exactBusiness.text }

  init(business: String, _ attendant: API.Attendant) {
    exactBusiness = ExactText(business)
    role = attendant.role.rawValue
    name = ExactText(attendant.name)
  }
}

/// What falls due.
enum DueKey: Sendable {
  case rule(RuleKey)
  case instruction(Int64)
}
