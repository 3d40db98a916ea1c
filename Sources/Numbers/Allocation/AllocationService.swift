public import API
internal import Calls
internal import Messages
public import RPC
public import Store

/// Translates between the calls of `orderwire.v1.AllocationService` and the book.
public struct AllocationService: AllocationServiceProtocol {
  /// When the stock of a business's pool is used up if nothing is made from now on; nil where that
  /// isn't known. Asked on the writer's thread.
  public typealias RunDryTime = @Sendable (_ business: String, Batch) -> Timestamp?

  let calls: NumberCalls
  private let zones: TimeZoneDatabase
  let forms = FormCache()
  let onLowSerials: @Sendable (LowSerials) -> Void
  private let runDryTime: RunDryTime

  /// The service of a store that was opened with `NumberState`. `onLowSerials` is told once a period
  /// (and once more after a restart) that a pool has less than a tenth of its serials left; it is
  /// called on the writer's thread, and must not block. Whoever can forecast gives `runDryTime`.
  public init(
    _ store: DurableStore, limits: CapacityLimits = CapacityLimits(),
    onLowSerials: @escaping @Sendable (LowSerials) -> Void = { _ in },
    runDryTime: @escaping RunDryTime = { _, _ in nil }
  ) {
    calls = NumberCalls(store, limits)
    zones = .system
    self.onLowSerials = onLowSerials
    self.runDryTime = runDryTime
  }

  /// Makes the pool of a business.
  public func createPool(
    _ request: CreatePoolRequest, context: ServerContext
  ) async throws(RPCError) -> CreatePoolResponse {
    let pool = try Self.pool(in: request.pool)
    var settings = PoolSettings(template: "")
    let zone: TimeZoneRules?
    do throws(Refusal) {
      try settings.take(Set(PoolField.allCases), from: pool)
      zone = try zones.zone(named: settings.timeZone)
    } catch {
      throw error.error(in: .pool)
    }
    let principal = try context.principal
    return try await calls.change(
      StoreCalls.Change(request, "CreatePool", of: pool.business, context, rows: 1), .pool
    ) { [settings] (book, now, rows) throws(Refusal) in
      let view = try book.createPool(
        pool.business, settings, zone: zone, by: principal, at: now, rows: rows)
      return CreatePoolResponse(pool: API.Pool(view), repeatable: request.isRepeatable)
    }
  }

  /// Changes the settings of a pool.
  public func updatePool(
    _ request: UpdatePoolRequest, context: ServerContext
  ) async throws(RPCError) -> UpdatePoolResponse {
    let pool = try Self.pool(in: request.pool)
    let fields: Set<PoolField>
    let zone: TimeZoneRules?
    do throws(Refusal) {
      fields = try Self.fields(of: request.updateMask?.paths ?? [])
      zone = try zones.zone(named: pool.timeZone.isEmpty ? "UTC" : pool.timeZone)
    } catch {
      throw error.error(in: .pool)
    }
    let principal = try context.principal
    defer { forms.forget(pool.business) }
    return try await calls.change(
      StoreCalls.Change(request, "UpdatePool", of: pool.business, context, rows: 1), .pool
    ) { (book, now, rows) throws(Refusal) in
      let view = try book.updatePool(
        pool.business, zone: zone, by: principal, at: now, rows: rows
      ) {
        (settings) throws(Refusal) in try settings.take(fields, from: pool)
      }
      return UpdatePoolResponse(pool: API.Pool(view), repeatable: request.isRepeatable)
    }
  }

  private static func pool(in given: API.Pool?) throws(RPCError) -> API.Pool {
    guard let given else { throw Refusal.messageMissing(field: "pool").error(in: .pool) }
    return given
  }

  private static func fields(of paths: [String]) throws(Refusal) -> Set<PoolField> {
    guard (1...Limits.updateMaskPaths).contains(paths.count) else {
      throw .updateMaskInvalid(path: "")
    }
    if paths == ["*"] { return Set(PoolField.allCases) }
    var fields: Set<PoolField> = []
    for path in paths {
      guard let field = PoolField(rawValue: path) else { throw .updateMaskInvalid(path: path) }
      fields.insert(field)
    }
    return fields
  }

  /// The pool of a business.
  public func getPool(
    _ request: GetPoolRequest, context: ServerContext
  ) async throws(RPCError) -> GetPoolResponse {
    let view = try await calls.ask(context, .read) {
      [runDryTime] (book, now, rows) throws(Refusal) in
      var view = try book.pool(request.business, at: now)
      view.runDry = runDryTime(view.business, rows.batch)?.microseconds
      return view
    }
    return GetPoolResponse(pool: API.Pool(view))
  }

  /// A page of all pools. A page's token is the last business on it.
  public func listPools(
    _ request: ListPoolsRequest, context: ServerContext
  ) async throws(RPCError) -> ListPoolsResponse {
    let size = request.pageSize == 0 ? Limits.defaultPageSize : Int(request.pageSize)
    let page = try await calls.ask(context, .read) {
      [runDryTime] (book, now, rows) throws(Refusal) in
      guard (1...Limits.pageSize).contains(size) else { throw .pageSizeOutOfRange }
      guard request.pageToken.isEmpty || isBusiness(request.pageToken) else {
        throw .pageTokenInvalid
      }
      var page = book.pools(after: request.pageToken, count: size, at: now)
      for place in page.pools.indices {
        page.pools[place].runDry =
          runDryTime(page.pools[place].business, rows.batch)?.microseconds
      }
      return page
    }
    return ListPoolsResponse(
      pools: page.pools.map { API.Pool($0) },
      nextPageToken: page.more ? page.pools.last?.business ?? "" : "")
  }

  /// Takes a number apart.
  public func parseNumber(
    _ request: ParseNumberRequest, context: ServerContext
  ) async throws(RPCError) -> ParseNumberResponse {
    let forms = try await forms(of: request.business, context)
    var response = ParseNumberResponse()
    response.takeApart(request.number, among: forms)
    return response
  }

  /// Has the most frequent calls answered without a task for each. After `register(with:)`.
  public func answerWithoutTasks(_ router: inout Router) {
    let allocating = Allocating(service: self)
    router.answerLater(
      service: "orderwire.v1.AllocationService", method: "Allocate", begin: allocating.begin)
    router.answerAtOnce(service: "orderwire.v1.AllocationService", method: "ParseNumber") {
      (request: ParseNumberRequest, _, answer: (ParseNumberResponse) -> Void) in
      guard let known = forms.forms(of: request.business).forms else { return }
      var response = ParseNumberResponse()
      response.takeApart(request.number, among: known)
      answer(response)
    }
  }

  /// The forms of all the pool's templates, in order.
  func forms(of business: String, _ context: ServerContext) async throws(RPCError) -> [NumberForm] {
    let (known, mark) = forms.forms(of: business)
    if let known { return known }
    let found = try await calls.ask(context, .read) { (book, _, _) throws(Refusal) in
      try book.forms(of: business)
    }
    forms.keep(found, of: business, mark: mark)
    return found
  }
}

extension ParseNumberResponse {
  /// Fills itself with what `number` says, or with what is wrong with it.
  // In place: a message of many fields that is returned is copied on its way.
  fileprivate mutating func takeApart(_ number: String, among forms: [NumberForm]) {
    do throws(NumberProblem) {
      let view = try NumberView(number, among: forms)
      valid = true
      template = view.template
      if let moment = view.moment { timestamp = ProtoTimestamp(microseconds: moment) }
      period = view.period
      serial = view.serial
      check = view.check
    } catch {
      problem = API.NumberProblem(rawValue: Int32(error.kind.rawValue))
      problemPosition = Int32(error.position)
    }
  }
}
