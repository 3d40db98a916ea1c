/// What a rule would have done with recorded values.
struct DryRun: Sendable, Equatable {
  /// A warning that would have been raised, µs of the recorded times.
  struct Warning: Sendable, Equatable {
    var raised: Int64
    var cleared: Int64?
    var value: Double?
  }

  private var watch: RuleWatch
  private(set) var warnings: [Warning] = []
  private(set) var values = 0
  private(set) var isTruncated = false

  /// The rule is listening from `start` on.
  init(_ condition: RuleCondition, hold: Int64, from start: Int64) {
    watch = RuleWatch(condition, hold: hold, listeningSince: start)
  }

  /// Takes the next value, in the order of their times; false if it takes no more.
  mutating func take(_ value: Double, at time: Int64) -> Bool {
    guard values < WarningLimits.dryRunValues, warnings.count < WarningLimits.dryRunWarnings else {
      isTruncated = true
      return false
    }
    values += 1
    note(to: time)
    note(watch.heard(value, at: time), at: time)
    return true
  }

  /// Nothing was recorded until `end`.
  mutating func finish(at end: Int64) {
    if !isTruncated { note(to: end) }
  }

  private mutating func note(to time: Int64) {
    while let due = watch.due, due <= time {
      let before = watch
      note(watch.passed(to: due), at: due)
      if watch == before { return }
    }
  }

  private mutating func note(_ transitions: [RuleTransition], at time: Int64) {
    for transition in transitions {
      switch transition {
      case .raised(let value): warnings.append(Warning(raised: time, cleared: nil, value: value))
      case .cleared:
        if let last = warnings.indices.last { warnings[last].cleared = time }
      }
    }
  }
}
