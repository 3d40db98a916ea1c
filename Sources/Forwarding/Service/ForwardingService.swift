public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
public import Stock
public import Store

/// Translates between the calls of `orderwire.v1.ForwardingService` and the book.
public struct ForwardingService: ForwardingServiceProtocol {
  let calls: ForwardingCalls
  let book: WriterConfined<ForwardingBook>
  let capacity: ForwardingCapacity
  /// Of what orders reserve.
  let stock: StockCapacity

  /// The service of a store that was opened with `ForwardingBook`, behind `WarningBook`, `CatalogBook` and
  /// `StockBook`.
  public init(
    _ store: DurableStore, capacity: ForwardingCapacity, stock: StockCapacity = StockCapacity()
  ) {
    calls = ForwardingCalls(store)
    book = store.state(of: ForwardingBook.self)
    self.capacity = capacity
    self.stock = stock
  }

  /// Makes an intake or changes its settings.
  public func putIntake(
    _ request: PutIntakeRequest, context: ServerContext
  ) async throws(RPCError) -> PutIntakeResponse {
    let settings = try Self.checked(request)
    return try await calls.change(
      StoreCalls.Change(request, "PutIntake", of: request.business, context)
    ) { (book, batch) throws(ForwardingFailure) in
      let stored = try book.put(request.business, settings, capacity, batch)
      return PutIntakeResponse(
        intake: API.Intake(stored, batch), repeatable: request.isRepeatable)
    }
  }

  private static func checked(_ request: PutIntakeRequest) throws(RPCError) -> IntakeSettings {
    do throws(ForwardingRefusal) {
      guard isBusiness(request.business) else { throw .businessInvalid(field: "business") }
      guard let given = request.settings else { throw .messageMissing(field: "settings") }
      let settings = IntakeSettings(
        lanes: given.lanes, window: given.window?.microseconds ?? 0,
        batchSize: given.batchSize == 0
          ? ForwardingLimits.defaultOrdersPerDispatch : given.batchSize,
        retention: given.retention?.microseconds ?? ForwardingLimits.defaultRetention)
      try settings.check()
      return settings
    } catch {
      throw error.rpcError
    }
  }

  /// An intake.
  public func getIntake(
    _ request: GetIntakeRequest, context: ServerContext
  ) async throws(RPCError) -> GetIntakeResponse {
    try await calls.ask(context) { (book, batch) throws(ForwardingFailure) in
      GetIntakeResponse(
        intake: API.Intake(try book.look(at: request.business), batch))
    }
  }

  static func pageSize(
    _ given: Int32, most: Int = ForwardingLimits.pageSize
  ) throws(ForwardingRefusal) -> Int {
    let size = given == 0 ? min(ForwardingLimits.defaultPageSize, most) : Int(given)
    guard (1...most).contains(size) else { throw .pageSizeOutOfRange(most: most) }
    return size
  }
}

extension API.Intake {
  /// As a client sees it.
  init(_ stored: StoredIntake, _ batch: Batch) {
    let intake = stored.intake
    let goods = intake.waiting.awaited.keys.prefix(ForwardingLimits.goodsShown).sorted()
    let codes = intake.quarantine.keys.prefix(ForwardingLimits.codesShown).sorted()
    // The rules know the clock that nobody sets.
    let shift = batch.now.microseconds - batch.boot.microseconds
    self.init(
      business: intake.business,
      settings: API.IntakeSettings(
        lanes: intake.settings.lanes, window: ProtoDuration(microseconds: intake.settings.window),
        batchSize: intake.settings.batchSize,
        retention: ProtoDuration(microseconds: intake.settings.retention)),
      orders: Int64(intake.kept),
      lanes: stored.flow.laneRates(intake.look(at: batch.boot.microseconds)).enumerated().map {
        lane, rate in
        let line = intake.layouts[0].lanes[lane]
        return API.LaneFigures(
          lane: Int32(lane), depth: Int64(line.count),
          oldestTime: line.first.map { ProtoTimestamp(microseconds: $0.since + shift) },
          inPerSecond: rate.came, outPerSecond: rate.left,
          heldBy: line.first.flatMap { intake.holder(of: $0) }?.name ?? "")
      },
      behindChange: intake.layouts.dropFirst().reduce(0) { $0 + Int64($1.depth) },
      quarantined: Int64(intake.count(.quarantined)), held: Int64(intake.count(.held)),
      quarantinedCodes: codes.map { code in
        API.QuarantinedCode(code: code.text, keys: Int64(intake.quarantine[code]?.count ?? 0))
      },
      rulesVersion: intake.rulesVersion, awaitingGoods: Int64(intake.count(.awaiting)),
      behind: Int64(intake.count(.behind)),
      awaitedGoods: goods.map { good in
        API.AwaitedGood(good: good.text, keys: Int64(intake.waiting.awaited[good]?.count ?? 0))
      })
  }
}
