internal import API
internal import Store

/// What can end a command without an answer.
typealias WarningFailure = StateFailure<WarningRefusal>

/// A signal from outside, checked.
struct ReportedSignal: Sendable, Equatable {
  var kind: SignalKind
  var source: String
  var value: Double
  /// Wall clock, µs; nil: now.
  var time: Int64?
}

/// What a report did.
struct ReportOutcome: Sendable, Equatable {
  var raised: [Int64] = []
  var cleared: [Int64] = []
}

extension WarningBook {
  /// Records signals and lets the rules of the business look at them.
  func report(
    _ business: String, _ signals: [ReportedSignal], _ batch: Batch
  ) throws(WarningFailure) -> ReportOutcome {
    try checkSources(business, signals)
    for (place, signal) in signals.enumerated() {
      guard let time = signal.time else { continue }
      let now = batch.now.microseconds
      guard time >= now - WarningLimits.signalsKept, time <= now + WarningLimits.signalAhead else {
        throw .refused(.timeOutOfRange(field: "signals[\(place)].time"))
      }
    }
    var outcome = ReportOutcome()
    for signal in signals {
      try take(business, signal, batch, &outcome)
    }
    return outcome
  }

  private func checkSources(
    _ business: String, _ signals: [ReportedSignal]
  ) throws(WarningFailure) {
    var known: [SignalKey: Set<ExactText>] = [:]
    for (place, signal) in signals.enumerated() {
      let key = SignalKey(business: business, kind: signal.kind)
      var sources = known[key] ?? Set((latest[key] ?? [:]).keys)
      sources.insert(ExactText(signal.source))
      guard sources.count <= WarningLimits.sourcesPerKind else {
        throw .refused(.sourcesExhausted(field: "signals[\(place)].source"))
      }
      known[key] = sources
    }
  }

  func take(
    _ business: String, _ signal: ReportedSignal, _ batch: Batch, _ outcome: inout ReportOutcome
  ) throws(WarningFailure) {
    let now = batch.now.microseconds
    let time = signal.time ?? now
    // A signal of the future is one of now on a clock that is ahead.
    let heard = batch.boot.microseconds - max(0, now - time)
    record(business, signal.kind, signal.source, signal.value, at: time, batch)
    let key = SignalKey(business: business, kind: signal.kind)
    let before = latest[key]?[ExactText(signal.source)]
    guard time >= before?.time ?? .min else { return }
    let newest = LatestValue(time: time, heard: heard, value: signal.value)
    var sources = latest[key] ?? [:]
    sources[ExactText(signal.source)] = newest
    put(\.latest, key, sources, batch)
    batch.write(WarningStatements.putLatest) { row in
      row.bind(business)
      row.bind(signal.kind.rawValue)
      row.bind(signal.source)
      row.bind(time)
      row.bind(heard)
      row.bind(signal.value.bitPattern)
    }
    for name in ruleNames[ExactText(business)] ?? [] {
      let key = RuleKey(business: business, name: name)
      guard let live = rules[key], live.rule.looksAt(signal.kind, signal.source) else { continue }
      try hear(key, signal.value, source: signal.source, at: heard, batch, &outcome)
    }
  }

  func record(
    _ business: String, _ kind: SignalKind, _ source: String, _ value: Double, at time: Int64,
    _ batch: Batch
  ) {
    batch.write(WarningStatements.putSignal) { row in
      row.bind(business)
      row.bind(kind.rawValue)
      row.bind(source)
      row.bind(time)
      row.bind(value.bitPattern)
    }
  }

  /// The newest value of what a rule looks at.
  func newest(for rule: WarningRule) -> LatestValue? {
    let sources = latest[SignalKey(business: rule.business, kind: rule.kind)] ?? [:]
    if !rule.source.isEmpty { return sources[ExactText(rule.source)] }
    return sources.values.max { $0.time < $1.time }
  }

  /// Lets a rule hear a value, and does what follows.
  func hear(
    _ key: RuleKey, _ value: Double, source: String, at heard: Int64, _ batch: Batch,
    _ outcome: inout ReportOutcome
  ) throws(WarningFailure) {
    guard let live = rules[key], !live.rule.isDisabled else { return }
    var watch = live.watch
    // What came before and is heard only now isn't held against what came after.
    let transitions = watch.heard(value, at: max(heard, watch.values.newestTime ?? .min))
    do throws(StoreError) {
      try follow(key, watch, transitions, source: source, batch, &outcome)
    } catch {
      throw .store(error)
    }
  }

  /// A hold or the time of an absence is over.
  func passTime(of key: RuleKey, _ batch: Batch) throws(StoreError) {
    guard let live = rules[key], !live.rule.isDisabled, let due = live.watch.due,
      due <= batch.boot.microseconds
    else { return }
    var watch = live.watch
    let transitions = watch.passed(to: batch.boot.microseconds)
    var outcome = ReportOutcome()
    try follow(key, watch, transitions, source: live.rule.source, batch, &outcome)
  }

  private func follow(
    _ key: RuleKey, _ watch: RuleWatch, _ transitions: [RuleTransition], source: String,
    _ batch: Batch, _ outcome: inout ReportOutcome
  ) throws(StoreError) {
    guard var live = rules[key] else { return }
    let before = live.watch
    live.watch = watch
    put(\.rules, key, live, batch)
    for transition in transitions {
      switch transition {
      case .raised(let value):
        if let id = try raise(key, value, source: source, batch) { outcome.raised.append(id) }
      case .cleared:
        if let id = rules[key]?.warning {
          try clear(id, .condition, batch)
          outcome.cleared.append(id)
        }
      }
    }
    if before.phase != watch.phase {
      batch.write(WarningStatements.putPhase) { row in
        row.bind(key.business)
        row.bind(key.name)
        row.bind(watch.phase.stored.number)
        row.bind(watch.phase.stored.since)
      }
    }
    waitForRule(key)
  }
}
