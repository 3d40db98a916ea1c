public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// Units and their codes.
extension ForwardingService {
  /// Makes a unit, or gives it other codes.
  public func putUnit(
    _ request: PutUnitRequest, context: ServerContext
  ) async throws(RPCError) -> PutUnitResponse {
    guard let given = request.unit else {
      throw ForwardingRefusal.messageMissing(field: "unit").rpcError
    }
    let codes = try Self.checkedCodes(given)
    let settings: ConsumptionSettings?
    do throws(ForwardingRefusal) {
      settings = try ConsumptionSettings(given.consumption, "unit.consumption")
    } catch {
      throw error.rpcError
    }
    return try await calls.change(
      StoreCalls.Change(request, "PutUnit", of: given.business, context)
    ) { (book, batch) throws(ForwardingFailure) in
      let (unit, version) = try book.put(
        given.business, unit: given.name, codes: codes, settings: settings, batch)
      return PutUnitResponse(
        unit: API.Unit(unit, of: given.business), rulesVersion: version,
        repeatable: request.isRepeatable)
    }
  }

  /// In their order, each once.
  private static func checkedCodes(_ unit: API.Unit) throws(RPCError) -> [ExactText] {
    do throws(ForwardingRefusal) {
      guard isBusiness(unit.business) else { throw .businessInvalid(field: "unit.business") }
      guard isBusiness(unit.name) else { throw .unitInvalid(field: "unit.name") }
      guard unit.codes.count <= ForwardingLimits.codesPerUnit else { throw .codesTooMany }
      for (place, code) in unit.codes.enumerated()
      where !(1...ForwardingLimits.codeBytes).contains(code.utf8.count) {
        throw .codeInvalid(field: "unit.codes[\(place)]")
      }
      return Set(unit.codes.map { ExactText($0) }).sorted()
    } catch {
      throw error.rpcError
    }
  }

  /// The units of a business.
  public func listUnits(
    _ request: ListUnitsRequest, context: ServerContext
  ) async throws(RPCError) -> ListUnitsResponse {
    let size: Int
    do throws(ForwardingRefusal) {
      size = try Self.pageSize(request.pageSize, most: ForwardingLimits.unitsPerPage)
      guard request.pageToken.isEmpty || isBusiness(request.pageToken) else {
        throw .pageTokenInvalid
      }
    } catch {
      throw error.rpcError
    }
    return try await calls.ask(context) { (book, _) throws(ForwardingFailure) in
      let intake = try book.look(at: request.business).intake
      let units = intake.units.values.filter { $0.name > request.pageToken }
        .sorted { $0.name < $1.name }
      let page = units.prefix(size)
      return ListUnitsResponse(
        units: page.map { API.Unit($0, of: request.business) },
        rulesVersion: intake.rulesVersion,
        nextPageToken: units.count > size ? page.last?.name ?? "" : "")
    }
  }

  /// Deletes a unit.
  public func deleteUnit(
    _ request: DeleteUnitRequest, context: ServerContext
  ) async throws(RPCError) -> DeleteUnitResponse {
    return try await calls.change(
      StoreCalls.Change(request, "DeleteUnit", of: request.business, context)
    ) { (book, batch) throws(ForwardingFailure) in
      let (givenUp, version) = try book.delete(
        request.business, unit: request.name, force: request.force, batch)
      return DeleteUnitResponse(
        givenUp: Int64(givenUp), rulesVersion: version, repeatable: request.isRepeatable)
    }
  }

  /// Which units an order would go to.
  public func matchUnits(
    _ request: MatchUnitsRequest, context: ServerContext
  ) async throws(RPCError) -> MatchUnitsResponse {
    guard (1...ForwardingLimits.codeBytes).contains(request.code.utf8.count) else {
      throw ForwardingRefusal.codeInvalid(field: "code").rpcError
    }
    return try await calls.ask(context) { (book, _) throws(ForwardingFailure) in
      let intake = try book.look(at: request.business).intake
      return MatchUnitsResponse(
        units: intake.matches(ExactText(request.code)), rulesVersion: intake.rulesVersion)
    }
  }
}

extension API.Unit {
  /// As a client sees it.
  init(_ unit: ForwardUnit, of business: String) {
    self.init(
      business: business, name: unit.name, codes: unit.codes.map(\.text), depth: Int64(unit.depth),
      createTime: ProtoTimestamp(microseconds: unit.created),
      consumption: API.ConsumptionSettings(unit.consumption.settings),
      pause: unit.consumption.pause.map { API.UnitPause($0) },
      consumers: Int32(clamping: unit.consumption.consumers.count),
      inHand: Int64(unit.consumption.deliveries.count), deadLetters: Int64(unit.consumption.dead),
      breaker: API.BreakerState(unit.consumption.breaker.phase))
  }
}
