public import API
internal import Calls
internal import Messages
public import RPC
public import Store

/// Translates between the calls of `orderwire.v1.HistoryService` and what is read of the past, on
/// the store's readers: nothing here keeps the writer longer than to say which pool is meant.
public struct HistoryService: HistoryServiceProtocol {
  private let calls: NumberCalls

  /// The service of a store that was opened with `NumberState`.
  public init(_ store: DurableStore) {
    calls = NumberCalls(store, CapacityLimits())
  }

  /// The life of a number. A page's token is the sequence of the last event on it.
  public func listNumberEvents(
    _ request: ListNumberEventsRequest, context: ServerContext
  ) async throws(RPCError) -> ListNumberEventsResponse {
    let count = try pageSize(request.pageSize)
    let after = request.pageToken.isEmpty ? 0 : Int64(request.pageToken)
    guard let after, after >= 0 else { throw Refusal.pageTokenInvalid.error(in: .read) }
    let scope = try await scope(of: request.business, context)
    let edition: Int
    let parsed: ParsedNumber
    do throws(NumberProblem) {
      (edition, parsed) = try scope.forms.identify(request.number)
    } catch {
      throw Refusal.numberInvalid(0, error).error(in: .read)
    }
    let page = try await read(context) { (connection) throws(StoreError) in
      try LifeReading(connection: connection, scope: scope).page(
        of: request.number, edition: edition, serial: parsed, after: after, count: count)
    }
    guard let page else { throw Refusal.numberUnknown(0).error(in: .read) }
    return ListNumberEventsResponse(page, incarnation: calls.store.incarnation)
  }

  /// What became of the serials of a period. A page's token is its first series and serial.
  public func getGapReport(
    _ request: GetGapReportRequest, context: ServerContext
  ) async throws(RPCError) -> GetGapReportResponse {
    let count = try pageSize(request.pageSize)
    guard let place = GapPage.Place(token: request.pageToken) else {
      throw Refusal.pageTokenInvalid.error(in: .read)
    }
    let scope = try await scope(of: request.business, context)
    let period: String
    let wanted: [HistoryScope.Wanted]
    do throws(Refusal) {
      (period, wanted) = try scope.wanted(period: request.period, template: request.template)
    } catch {
      throw error.error(in: .read)
    }
    let page = try await read(context) { (connection) throws(StoreError) in
      try GapReading(connection: connection, scope: scope).page(
        of: wanted, from: place, count: count)
    }
    guard let page else { throw Refusal.periodNotFound.error(in: .read) }
    return GetGapReportResponse(page, period: period)
  }

  /// What a pool counted when. A page's token is its first hour or day.
  public func listCounterSeries(
    _ request: ListCounterSeriesRequest, context: ServerContext
  ) async throws(RPCError) -> ListCounterSeriesResponse {
    let count = try pageSize(request.pageSize)
    let scope = try await scope(of: request.business, context)
    let unit: SeriesUnit
    let buckets: Range<Int64>
    do throws(Refusal) {
      unit = try SeriesUnit(request.unit)
      buckets = try unit.buckets(of: request, in: scope.zone)
    } catch {
      throw error.error(in: .read)
    }
    let page = try await read(context) { (connection) throws(StoreError) in
      try SeriesReading(connection: connection, pool: scope.pool, unit: unit).page(
        from: buckets.lowerBound, to: buckets.upperBound, count: count)
    }
    return ListCounterSeriesResponse(page, unit, scope)
  }

  private func pageSize(_ asked: Int32) throws(RPCError) -> Int {
    let size = asked == 0 ? Limits.defaultPageSize : Int(asked)
    guard (1...Limits.pageSize).contains(size) else {
      throw Refusal.pageSizeOutOfRange.error(in: .read)
    }
    return size
  }

  private func scope(
    of business: String, _ context: ServerContext
  ) async throws(RPCError) -> HistoryScope {
    try await calls.ask(context, .read) { (book, now, _) throws(Refusal) in
      try book.scope(of: business, at: now)
    }
  }

  private func read<Value: Sendable>(
    _ context: ServerContext,
    _ body: @escaping @Sendable (ReadConnection) throws(StoreError) -> Value
  ) async throws(RPCError) -> Value {
    let principal = try context.principal
    do throws(StoreError) {
      return try await calls.store.read(caller: principal, body)
    } catch {
      throw error.rpcError
    }
  }
}
