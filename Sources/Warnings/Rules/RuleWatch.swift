// A rule at work:
//
//     phase      holds      between   clear        unknown    hold over
//     quiet      rising¹    quiet     quiet        quiet      –
//     rising     rising     quiet     quiet        rising     raised: the warning is raised
//     raised     raised     raised    clearing²    raised     –
//     clearing   raised     raised    clearing     clearing   quiet: the warning is cleared
//
// ¹ without a hold raised at once; ² without a hold quiet at once.
//
// So a value that swings about the raise level doesn't clear what it raised, and one that passes a level
// for less than the hold does nothing. Acknowledging changes nothing here.

/// Where a rule stands.
enum RulePhase: Sendable, Equatable {
  case quiet
  /// Since, µs.
  case rising(Int64)
  case raised
  case clearing(Int64)
}

/// What a rule has to tell.
enum RuleTransition: Sendable, Equatable {
  /// With the value that it was raised by; nil where nothing was heard.
  case raised(Double?)
  case cleared
}

/// One rule, and what it has heard. Times are on any one scale that doesn't go back, µs.
struct RuleWatch: Sendable, Equatable {
  let condition: RuleCondition
  /// µs.
  let hold: Int64
  private(set) var phase: RulePhase
  private(set) var values: ValueWindow
  /// The last value, or when the rule began to listen.
  private(set) var heard: Int64

  init(_ condition: RuleCondition, hold: Int64, phase: RulePhase = .quiet, listeningSince: Int64) {
    self.condition = condition
    self.hold = hold
    self.phase = phase
    values = ValueWindow(length: condition.window)
    heard = listeningSince
  }

  /// When something happens if nothing is heard until then.
  var due: Int64? {
    switch phase {
    case .rising(let since), .clearing(let since): since + hold
    case .quiet:
      if case .absence(let after) = condition { heard + after } else { nil }
    case .raised: nil
    }
  }

  /// Time has passed, and nothing was heard in it.
  mutating func passed(to now: Int64) -> [RuleTransition] {
    var transitions: [RuleTransition] = []
    while let due, due <= now {
      let before = phase
      if let transition = advance(at: due) { transitions.append(transition) }
      if phase == before { break }
    }
    return transitions
  }

  private mutating func advance(at due: Int64) -> RuleTransition? {
    switch phase {
    case .quiet: return judged(.holds, at: due)  // Only absence waits while quiet.
    case .rising:
      phase = .raised
      return .raised(raisingValue)
    case .clearing:
      phase = .quiet
      return .cleared
    case .raised: return nil
    }
  }

  private var raisingValue: Double? {
    if case .absence = condition { nil } else { values.newest }
  }

  /// A value came. What fell due before it comes first.
  mutating func heard(_ value: Double, at now: Int64) -> [RuleTransition] {
    var transitions = passed(to: now)
    heard = max(heard, now)
    values.append(value, at: now)
    if let transition = judged(condition.judge(values), at: now) { transitions.append(transition) }
    return transitions
  }

  /// Takes in a value from before the watch began, without a verdict.
  mutating func remember(_ value: Double, at time: Int64) {
    values.append(value, at: time)
    heard = max(heard, time)
  }

  private mutating func judged(
    _ verdict: RuleCondition.Verdict, at now: Int64
  ) -> RuleTransition? {
    switch (phase, verdict) {
    case (.quiet, .holds):
      phase = hold > 0 ? .rising(now) : .raised
      return hold > 0 ? nil : .raised(raisingValue)
    case (.rising, .between), (.rising, .clear):
      phase = .quiet
      return nil
    case (.raised, .clear):
      phase = hold > 0 ? .clearing(now) : .quiet
      return hold > 0 ? nil : .cleared
    case (.clearing, .holds), (.clearing, .between):
      phase = .raised
      return nil
    case (.quiet, _), (.rising, .holds), (.rising, .unknown), (.raised, _), (.clearing, _):
      return nil
    }
  }
}
