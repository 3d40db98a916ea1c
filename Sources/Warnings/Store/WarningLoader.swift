internal import API
internal import Messages
internal import Store

/// Fills an empty book from the tables.
struct WarningLoader {
  private let book: WarningBook
  private let connection: ReadConnection
  private let opened: Int64

  init(_ book: WarningBook, _ connection: ReadConnection, opened: Int64) {
    self.book = book
    self.connection = connection
    self.opened = opened
  }

  func load() throws(StoreError) {
    try loadLatest()
    try connection.query(WarningStatements.presets) { (row) throws(StoreError) in
      book.presets[ExactText(row.text(0)), default: [:]][ExactText(row.text(1))] =
        try Self.decode(row.bytes(2), "a preset")
    }
    try connection.query(WarningStatements.rules) { (row) throws(StoreError) in try addRule(row) }
    try loadDeletedRules()
    for key in book.rules.keys {
      book.ruleNames[ExactText(key.business), default: []].append(key.name)
    }
    for business in book.ruleNames.keys { book.ruleNames[business]?.sort() }
    book.ruleCount = book.rules.count
    try loadWindows()
    for key in book.rules.keys { book.waitForRule(key) }
    try connection.query(WarningStatements.openWarnings) { (row) throws(StoreError) in
      let warning: API.Warning = try Self.decode(row.bytes(0), "a warning")
      book.openWarnings[warning.id] = warning
      book.rules[RuleKey(business: warning.business, name: warning.rule)]?.warning = warning.id
    }
    try connection.query(WarningStatements.newestWarning) { book.nextWarning = $0.integer(0) + 1 }
    try connection.query(WarningStatements.openInstructions) { (row) throws(StoreError) in
      try addInstruction(row)
    }
    try connection.query(WarningStatements.newestInstruction) {
      book.nextInstruction = $0.integer(0) + 1
    }
    try connection.query(WarningStatements.demand) { row in
      // What can't be read was of another version: it is learned anew.
      if let history = DemandHistory(bytes: row.bytes(1)) {
        book.looks.demand[row.text(0)] = history
      }
    }
  }

  private func loadLatest() throws(StoreError) {
    try connection.query(WarningStatements.latest) { row in
      guard let kind = SignalKind(rawValue: Int32(truncatingIfNeeded: row.integer(1))) else {
        return
      }
      let (key, source) = (
        SignalKey(business: row.text(0), kind: kind), ExactText(row.text(2))
      )
      book.latest[key, default: [:]][source] = LatestValue(
        time: row.integer(3), heard: row.integer(4),
        value: Double(bitPattern: UInt64(bitPattern: row.integer(5))))
    }
  }

  private func addRule(_ row: borrowing ResultRow) throws(StoreError) {
    let key = RuleKey(business: row.text(0), name: row.text(1))
    let message: API.Rule = try Self.decode(row.bytes(5), "a rule")
    let rule: WarningRule
    do throws(WarningRefusal) { rule = try WarningRule(message) } catch {
      throw .corrupt("the rule \(key.name) of \(key.business): \(error)")
    }
    var watch = RuleWatch(
      rule.condition, hold: rule.hold, phase: RulePhase(stored: row.integer(2), row.integer(3)),
      listeningSince: row.integer(4))
    if let newest = book.newest(for: rule) { watch.remember(newest.value, at: newest.heard) }
    book.rules[key] = LiveRule(rule: rule, watch: watch)
  }

  /// Stores from before names were forgotten may have more of them than are remembered.
  private func loadDeletedRules() throws(StoreError) {
    try connection.query(WarningStatements.forgottenVersion) {
      book.forgottenVersion = $0.integer(0)
    }
    try connection.query(
      WarningStatements.deletedRules, bind: { $0.bind(WarningLimits.deletedRules + 1) },
      { row in
        let key = RuleKey(business: row.text(0), name: row.text(1))
        if book.deletedVersions.count < WarningLimits.deletedRules {
          book.deletedVersions[key] = row.integer(2)
        } else {
          book.forgottenVersion = max(book.forgottenVersion, row.integer(2))
        }
      })
  }

  /// What rules of change had heard in their windows.
  private func loadWindows() throws(StoreError) {
    for (key, live) in book.rules where live.rule.condition.window > 0 {
      guard let newest = book.newest(for: live.rule) else { continue }
      var watch = RuleWatch(
        live.rule.condition, hold: live.rule.hold, phase: live.watch.phase,
        listeningSince: newest.heard)
      try connection.query(
        WarningStatements.signals,
        bind: { row in
          row.bind(key.business)
          row.bind(live.rule.kind.rawValue)
          row.bind(live.rule.source)
          row.bind(newest.time - live.rule.condition.window)
          row.bind(WarningLimits.dryRunValues)
        },
        { row in
          watch.remember(
            Double(bitPattern: UInt64(bitPattern: row.integer(1))),
            at: newest.heard - (newest.time - row.integer(0)))
        })
      book.rules[key]?.watch = watch
    }
  }

  private func addInstruction(_ row: borrowing ResultRow) throws(StoreError) {
    let message: API.Instruction = try Self.decode(row.bytes(8), "an instruction")
    guard let phase = InstructionPhase(rawValue: Int32(truncatingIfNeeded: row.integer(0))) else {
      throw .corrupt("the phase of instruction \(message.id)")
    }
    let progress = InstructionProgress(
      phase: phase, attempt: Int32(truncatingIfNeeded: row.integer(1)), pause: row.integer(2),
      repeatDue: row.integer(3), escalationDue: row.optionalInteger(4), expiryDue: row.integer(5))
    var live = LiveInstruction(message: message, progress: progress, escalateTo: nil)
    if let role = AttendantRole(known: Int32(truncatingIfNeeded: row.integer(6))) {
      live.escalateTo = API.Attendant(role: role, name: row.text(7))
    }
    book.instructions[message.id] = live
    book.index(message)
    book.wait(for: live)
  }

  private static func decode<M: Message>(_ bytes: [UInt8], _ what: String) throws(StoreError) -> M {
    do throws(DecodingFailure) { return try M(decoding: bytes) } catch {
      throw .corrupt("\(what) can't be read: \(error)")
    }
  }
}

extension RulePhase {
  /// From its row; what isn't known is quiet.
  init(stored number: Int64, _ since: Int64) {
    switch number {
    case 1: self = .rising(since)
    case 2: self = .raised
    case 3: self = .clearing(since)
    default: self = .quiet
    }
  }

  /// As it is in its row.
  var stored: (number: Int64, since: Int64) {
    switch self {
    case .quiet: (0, 0)
    case .rising(let since): (1, since)
    case .raised: (2, 0)
    case .clearing(let since): (3, since)
    }
  }
}
