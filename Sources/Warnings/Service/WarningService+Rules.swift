public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// Rules and presets.
extension WarningService {
  /// Makes or changes a rule.
  public func putRule(
    _ request: PutRuleRequest, context: ServerContext
  ) async throws(RPCError) -> PutRuleResponse {
    let rule = try Self.checked(request.rule)
    return try await calls.change(
      StoreCalls.Change(request, "PutRule", of: rule.business, context)
    ) { (book, batch) throws(WarningFailure) in
      PutRuleResponse(
        rule: try book.put(rule, expecting: request.expectedVersion, batch),
        repeatable: request.isRepeatable)
    }
  }

  private static func checked(_ rule: API.Rule?) throws(RPCError) -> WarningRule {
    do throws(WarningRefusal) {
      guard let rule else { throw .messageMissing(field: "rule") }
      return try WarningRule(rule)
    } catch {
      throw error.rpcError
    }
  }

  /// A rule.
  public func getRule(
    _ request: GetRuleRequest, context: ServerContext
  ) async throws(RPCError) -> GetRuleResponse {
    let key = RuleKey(business: request.business, name: request.name)
    return try await calls.ask(context) { (book, _) throws(WarningFailure) in
      guard let live = book.rules[key] else { throw .refused(.ruleNotFound) }
      return GetRuleResponse(rule: live.rule.message)
    }
  }

  /// A page of a business's rules. Its token is the last name on it.
  public func listRules(
    _ request: ListRulesRequest, context: ServerContext
  ) async throws(RPCError) -> ListRulesResponse {
    let size = try Self.pageSize(request.pageSize)
    guard request.pageToken.isEmpty || isBusiness(request.pageToken) else {
      throw WarningRefusal.pageTokenInvalid.rpcError
    }
    return try await calls.ask(context) { (book, _) throws(WarningFailure) in
      guard isBusiness(request.business) else {
        throw .refused(.businessInvalid(field: "business"))
      }
      let (page, more) = book.rules(
        of: request.business, after: request.pageToken, count: size)
      return ListRulesResponse(rules: page, nextPageToken: more ? page.last?.name ?? "" : "")
    }
  }

  static func pageSize(_ given: Int32) throws(RPCError) -> Int {
    let size = given == 0 ? WarningLimits.defaultPageSize : Int(given)
    guard (1...WarningLimits.pageSize).contains(size) else {
      throw WarningRefusal.pageSizeOutOfRange.rpcError
    }
    return size
  }

  /// Deletes a rule.
  public func deleteRule(
    _ request: DeleteRuleRequest, context: ServerContext
  ) async throws(RPCError) -> DeleteRuleResponse {
    let key = RuleKey(business: request.business, name: request.name)
    return try await calls.change(
      StoreCalls.Change(request, "DeleteRule", of: request.business, context)
    ) { (book, batch) throws(WarningFailure) in
      try book.deleteRule(key, batch)
      return DeleteRuleResponse(repeatable: request.isRepeatable)
    }
  }

  /// Lets a rule look at what is recorded.
  public func dryRunRule(
    _ request: DryRunRuleRequest, context: ServerContext
  ) async throws(RPCError) -> DryRunRuleResponse {
    let rule = try Self.checked(request.rule)
    let start = request.startTime?.microseconds
    let now = try await calls.ask(context) { (_, batch) throws(WarningFailure) in
      batch.now.microseconds
    }
    let first = max(start ?? .min, now - WarningLimits.signalsKept)
    let run = try await calls.read(context) { (connection) throws(StoreError) in
      var run = DryRun(rule.condition, hold: rule.hold, from: first)
      var isFull = false
      try connection.query(
        WarningStatements.signals,
        bind: { row in
          row.bind(rule.business)
          row.bind(rule.kind.rawValue)
          row.bind(rule.source)
          row.bind(first)
          row.bind(WarningLimits.dryRunValues + 1)
        },
        { row in
          guard !isFull else { return }
          let value = Double(bitPattern: UInt64(bitPattern: row.integer(1)))
          isFull = !run.take(value, at: row.integer(0))
        })
      run.finish(at: now)
      return run
    }
    return DryRunRuleResponse(
      warnings: run.warnings.map { warning in
        DryRunWarning(
          raiseTime: ProtoTimestamp(microseconds: warning.raised),
          clearTime: warning.cleared.map { ProtoTimestamp(microseconds: $0) },
          value: warning.value)
      },
      values: Int64(run.values), truncated: run.isTruncated)
  }

  /// Makes or replaces a preset.
  public func putPreset(
    _ request: PutPresetRequest, context: ServerContext
  ) async throws(RPCError) -> PutPresetResponse {
    let preset: API.Preset
    do throws(WarningRefusal) {
      guard let given = request.preset else { throw .messageMissing(field: "preset") }
      preset = given
      try preset.check()
    } catch {
      throw error.rpcError
    }
    return try await calls.change(
      StoreCalls.Change(request, "PutPreset", of: preset.business, context)
    ) { (book, batch) throws(WarningFailure) in
      PutPresetResponse(preset: try book.put(preset, batch), repeatable: request.isRepeatable)
    }
  }

  /// The presets of a business.
  public func listPresets(
    _ request: ListPresetsRequest, context: ServerContext
  ) async throws(RPCError) -> ListPresetsResponse {
    try await calls.ask(context) { (book, _) throws(WarningFailure) in
      guard isBusiness(request.business) else {
        throw .refused(.businessInvalid(field: "business"))
      }
      let presets = (book.presets[ExactText(request.business)] ?? [:]).sorted { $0.key < $1.key }
      return ListPresetsResponse(presets: presets.map(\.value))
    }
  }

  /// Deletes a preset.
  public func deletePreset(
    _ request: DeletePresetRequest, context: ServerContext
  ) async throws(RPCError) -> DeletePresetResponse {
    let key = RuleKey(business: request.business, name: request.name)
    return try await calls.change(
      StoreCalls.Change(request, "DeletePreset", of: request.business, context)
    ) { (book, batch) throws(WarningFailure) in
      try book.deletePreset(key, batch)
      return DeletePresetResponse(repeatable: request.isRepeatable)
    }
  }
}
