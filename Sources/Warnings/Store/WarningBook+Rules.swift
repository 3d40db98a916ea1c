internal import API
internal import Calls
internal import Messages
internal import Numbers
internal import Store

extension WarningBook {
  /// Makes or changes a rule.
  func put(
    _ rule: WarningRule, expecting expected: Int64, _ batch: Batch
  ) throws(WarningFailure) -> API.Rule {
    let key = RuleKey(business: rule.business, name: rule.name)
    let present = rules[key]
    let version = present?.rule.version ?? 0
    guard expected == 0 || expected == version else {
      throw .refused(.versionMismatch(present: version))
    }
    if present == nil {
      let names = ruleNames[ExactText(rule.business)] ?? []
      guard names.count < WarningLimits.rulesPerBusiness else {
        throw .refused(.rulesExhausted(limit: WarningLimits.rulesPerBusiness))
      }
      guard ruleCount < WarningLimits.rulesInAll else {
        throw .refused(.rulesExhausted(limit: WarningLimits.rulesInAll))
      }
    }
    for (place, action) in rule.actions.enumerated() {
      guard case .callPreset(let name) = action else { continue }
      guard presets[ExactText(rule.business)]?[ExactText(name)] != nil else {
        throw .refused(.presetNotFound(field: "rule.actions[\(place)].preset"))
      }
    }
    var rule = rule
    let before = present?.rule.version ?? max(deletedVersions[key] ?? 0, forgottenVersion)
    rule.setVersion(before + 1, at: batch.now)
    do throws(StoreError) { try replace(present, by: rule, batch) } catch { throw .store(error) }
    return rule.message
  }

  private func replace(
    _ present: LiveRule?, by rule: WarningRule, _ batch: Batch
  ) throws(StoreError) {
    let key = RuleKey(business: rule.business, name: rule.name)
    var open = present?.warning
    if let id = open, rule.isDisabled || present?.rule.looksAtSame(as: rule) != true {
      try clear(id, .rule, batch)
      open = nil
    }
    let now = batch.boot.microseconds
    var watch = RuleWatch(
      rule.condition, hold: rule.hold, phase: open == nil ? .quiet : .raised, listeningSince: now)
    if present == nil { addName(key, batch) }
    put(\.deletedVersions, key, nil, batch)
    // What is known already counts at once.
    let newest = rule.isDisabled ? nil : newest(for: rule)
    if case .absence = rule.condition {
      if let newest { watch.remember(newest.value, at: newest.heard) }
    }
    put(\.rules, key, LiveRule(rule: rule, watch: watch, warning: open), batch)
    write(rule, watch, batch)
    waitForRule(key)
    guard let newest, rule.condition.window == 0 else { return }
    if case .absence = rule.condition { return }
    var outcome = ReportOutcome()
    do throws(WarningFailure) {
      try hear(key, newest.value, source: rule.source, at: now, batch, &outcome)
    } catch {
      if case .store(let error) = error { throw error }
    }
  }

  private func addName(_ key: RuleKey, _ batch: Batch) {
    var names = ruleNames[ExactText(key.business)] ?? []
    names.insert(key.name, at: names.firstIndex { $0 > key.name } ?? names.endIndex)
    put(\.ruleNames, ExactText(key.business), names, batch)
    set(\.ruleCount, ruleCount + 1, batch)
  }

  private func write(
    _ rule: WarningRule, _ watch: RuleWatch, isDeleted: Bool = false, _ batch: Batch
  ) {
    batch.write(WarningStatements.putRule) { row in
      row.bind(rule.business)
      row.bind(rule.name)
      row.bind(rule.version)
      row.bind(isDeleted)
      row.bind(watch.phase.stored.number)
      row.bind(watch.phase.stored.since)
      row.bind(watch.heard)
      row.bind(rule.message.keptBytes)
    }
  }

  /// Deletes a rule; its version goes on if it comes again.
  func deleteRule(_ key: RuleKey, _ batch: Batch) throws(WarningFailure) {
    guard let live = rules[key] else { throw .refused(.ruleNotFound) }
    if let id = live.warning {
      do throws(StoreError) { try clear(id, .rule, batch) } catch { throw .store(error) }
    }
    write(live.rule, live.watch, isDeleted: true, batch)
    put(\.rules, key, nil, batch)
    put(\.deletedVersions, key, live.rule.version, batch)
    let names = (ruleNames[ExactText(key.business)] ?? []).filter { $0 != key.name }
    put(\.ruleNames, ExactText(key.business), names.isEmpty ? nil : names, batch)
    set(\.ruleCount, ruleCount - 1, batch)
    forgetDeletedRules(batch)
  }

  /// Keeps the names of deleted rules within their bound: those with the lowest version go.
  private func forgetDeletedRules(_ batch: Batch) {
    guard deletedVersions.count > WarningLimits.deletedRules,
      let lowest = deletedVersions.values.min()
    else { return }
    let forgotten = max(forgottenVersion, lowest)
    set(\.forgottenVersion, forgotten, batch)
    set(\.deletedVersions, deletedVersions.filter { $0.value > forgotten }, batch)
    batch.write(WarningStatements.putForgottenVersion) { $0.bind(forgotten) }
    batch.write(WarningStatements.forgetDeletedRules) { $0.bind(forgotten) }
  }

  /// The rules of a business after a name.
  func rules(of business: String, after name: String, count: Int) -> (page: [API.Rule], more: Bool)
  {
    let names = (ruleNames[ExactText(business)] ?? []).drop { $0 <= name }
    let page = names.prefix(count).compactMap {
      rules[RuleKey(business: business, name: $0)]?.rule.message
    }
    return (page, names.count > count)
  }

  // MARK: - Presets

  func put(_ preset: API.Preset, _ batch: Batch) throws(WarningFailure) -> API.Preset {
    var preset = preset
    let (business, name) = (ExactText(preset.business), ExactText(preset.name))
    var present = presets[business] ?? [:]
    guard present[name] != nil || present.count < WarningLimits.presetsPerBusiness else {
      throw .refused(.presetsExhausted)
    }
    preset.updateTime = ProtoTimestamp(microseconds: batch.now.microseconds)
    present[name] = preset
    put(\.presets, business, present, batch)
    batch.write(WarningStatements.putPreset) { row in
      row.bind(preset.business)
      row.bind(preset.name)
      row.bind(preset.keptBytes)
    }
    return preset
  }

  func deletePreset(_ key: RuleKey, _ batch: Batch) throws(WarningFailure) {
    let (business, name) = (ExactText(key.business), ExactText(key.name))
    guard var present = presets[business], present[name] != nil else {
      throw .refused(.presetNotFound(field: "name"))
    }
    for name in ruleNames[business] ?? [] {
      let live = rules[RuleKey(business: key.business, name: name)]
      guard live?.rule.actions.contains(.callPreset(key.name)) != true else {
        throw .refused(.presetInUse(rule: name))
      }
    }
    present[name] = nil
    put(\.presets, business, present, batch)
    batch.write(WarningStatements.deletePreset) { row in
      row.bind(key.business)
      row.bind(key.name)
    }
  }
}
