internal import API
internal import Calls
internal import Messages
internal import Numbers
internal import Store

// A warning:
//
//     state          condition clears   rule goes          acknowledged   condition holds again
//     raised         cleared            cleared            acknowledged   –
//     acknowledged   cleared            cleared            acknowledged¹  –
//     cleared        –                  –                  refused        another is raised
//
// ¹ as it was: who did it first stands. What it stopped goes on when it is cleared.

extension WarningBook {
  /// Raises the warning of a rule and does what the rule says, in one transaction.
  func raise(
    _ key: RuleKey, _ value: Double?, source: String, _ batch: Batch
  ) throws(StoreError) -> Int64? {
    guard var live = rules[key], live.warning == nil else { return nil }
    let rule = live.rule
    let id = nextWarning
    set(\.nextWarning, id + 1, batch)
    live.warning = id
    put(\.rules, key, live, batch)
    var warning = API.Warning(
      id: id, business: key.business, rule: key.name, ruleVersion: rule.version,
      kind: rule.message.kind, severity: rule.severity, state: .raised,
      text: rule.text(value, source), source: source, value: value,
      raiseTime: ProtoTimestamp(microseconds: batch.now.microseconds))
    for action in rule.actions { try act(action, &warning, batch) }
    put(\.openWarnings, id, warning, batch)
    write(warning, batch)
    tell(.raised, warning, batch)
    return id
  }

  private func act(
    _ action: WarningRule.Action, _ warning: inout API.Warning, _ batch: Batch
  ) throws(StoreError) {
    switch action {
    case .stopGeneration:
      warning.stoppedGeneration = try stop(.generation, warning, batch)
    case .stopBusiness:
      warning.stoppedBusiness = try stop(.business, warning, batch)
      tellBusiness(.stopBusiness, warning, batch)
    case .resumeGeneration: try liftOthers(.generation, warning, batch)
    case .resumeBusiness:
      try liftOthers(.business, warning, batch)
      tellBusiness(.resumeBusiness, warning, batch)
    case .callPreset(let name):
      for step in presets[ExactText(warning.business)]?[ExactText(name)]?.steps ?? [] {
        instruct(step, warning, batch)
      }
    }
  }

  private func stop(
    _ target: PoolSwitch, _ warning: API.Warning, _ batch: Batch
  ) throws(StoreError) -> Bool {
    let outcome = try numbers(batch)?.stop(
      target, of: warning.business, warning: "\(warning.id)", text: warning.text, batch)
    return outcome == .changed || outcome == .unchanged
  }

  private func liftOthers(
    _ target: PoolSwitch, _ warning: API.Warning, _ batch: Batch
  ) throws(StoreError) {
    guard let numbers = numbers(batch),
      let figures = numbers.figures(of: warning.business, batch)
    else { return }
    let stops = target == .generation ? figures.generationStops : figures.businessStops
    for cause in stops where !cause.warning.isEmpty {
      _ = try numbers.resume(target, of: warning.business, warning: cause.warning, batch)
    }
  }

  private func tellBusiness(
    _ kind: API.InstructionKind, _ warning: API.Warning, _ batch: Batch
  ) {
    let step = PresetStep(
      attendant: API.Attendant(role: .business, name: ""), kind: kind, note: warning.text)
    instruct(step, warning, batch)
  }

  /// Clears a warning: what it stopped goes on, and what nobody answered isn't wanted any more.
  func clear(_ id: Int64, _ cause: API.ClearCause, _ batch: Batch) throws(StoreError) {
    guard var warning = openWarnings[id] else { return }
    warning.state = .cleared
    warning.clearTime = ProtoTimestamp(microseconds: batch.now.microseconds)
    warning.clearCause = cause
    if warning.stoppedGeneration {
      _ = try numbers(batch)?.resume(
        .generation, of: warning.business, warning: "\(id)", batch)
    }
    if warning.stoppedBusiness {
      _ = try numbers(batch)?.resume(.business, of: warning.business, warning: "\(id)", batch)
    }
    let toldToStop = withdraw(warning: id, batch)
    if warning.stoppedBusiness || toldToStop { tellBusiness(.resumeBusiness, warning, batch) }
    put(\.openWarnings, id, nil, batch)
    let key = RuleKey(business: warning.business, name: warning.rule)
    if var live = rules[key], live.warning == id {
      live.warning = nil
      put(\.rules, key, live, batch)
    }
    write(warning, batch)
    tell(.cleared, warning, batch)
  }

  /// Notes who cares for a warning.
  func acknowledge(
    _ id: Int64, by person: String, principal: String, note: String, _ batch: Batch
  ) throws(WarningFailure) -> API.Warning {
    guard var warning = openWarnings[id] else {
      var isKnown = false
      do throws(StoreError) {
        try batch.query(WarningStatements.warning, bind: { $0.bind(id) }) { _ in isKnown = true }
      } catch {
        throw .store(error)
      }
      throw .refused(isKnown ? .warningCleared : .warningNotFound)
    }
    guard warning.state == .raised else { return warning }
    warning.state = .acknowledged
    warning.acknowledgeTime = ProtoTimestamp(microseconds: batch.now.microseconds)
    warning.acknowledgedBy = person
    warning.principal = principal
    warning.note = note
    put(\.openWarnings, id, warning, batch)
    write(warning, batch)
    tell(.acknowledged, warning, batch)
    return warning
  }

  private func write(_ warning: API.Warning, _ batch: Batch) {
    batch.write(WarningStatements.putWarning) { row in
      row.bind(warning.id)
      row.bind(warning.business)
      row.bind(warning.rule)
      row.bind(warning.kind.rawValue)
      row.bind(warning.severity.rawValue)
      row.bind(warning.clearTime.map { $0.microseconds })
      row.bind(warning.keptBytes)
    }
  }

  private func tell(_ change: API.WarningChange, _ warning: API.Warning, _ batch: Batch) {
    events.append(WarningEvent(change: change, warning: warning))
    batch.undo { [unowned self] in events.removeLast() }
  }
}
