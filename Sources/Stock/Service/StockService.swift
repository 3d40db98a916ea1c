public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
public import Store

/// Translates between the calls of `orderwire.v1.StockService` and the book.
public struct StockService: StockServiceProtocol {
  let calls: StockCalls

  private let capacity: StockCapacity

  /// The service of a store that was opened with `StockBook`.
  public init(_ store: DurableStore, capacity: StockCapacity = StockCapacity()) {
    calls = StockCalls(store)
    self.capacity = capacity
  }

  /// Records what happened.
  public func recordMovements(
    _ request: RecordMovementsRequest, context: ServerContext
  ) async throws(RPCError) -> RecordMovementsResponse {
    let moves: [StockMove]
    do throws(StockRefusal) {
      try Self.check(business: request.business)
      guard (1...StockLimits.movementsPerCall).contains(request.movements.count) else {
        throw .movementsOutOfRange
      }
      moves = try Self.each(request.movements, "movements") {
        (movement, field) throws(StockRefusal) in try StockMove(movement, field)
      }
    } catch {
      throw error.rpcError
    }
    let principal = try context.principal
    return try await calls.change(
      StoreCalls.Change(
        request, "RecordMovements", of: request.business, context,
        rows: Self.rowsPerMovement * moves.count)
    ) { [capacity] (book, batch) throws(StockFailure) in
      let recorded = try book.record(request.business, moves, by: principal, capacity, batch)
      return RecordMovementsResponse(
        movements: recorded.map {
          RecordedMovement(sequence: $0.sequence, duplicate: $0.isDuplicate)
        }
      )
    }
  }

  /// Its entry, its id, its good's figures and what is open.
  private static let rowsPerMovement = 4

  /// Says of goods when and how much to order.
  public func putPolicies(
    _ request: PutPoliciesRequest, context: ServerContext
  ) async throws(RPCError) -> PutPoliciesResponse {
    let policies: [(good: String, policy: ReplenishmentPolicy)]
    do throws(StockRefusal) {
      try Self.check(business: request.business)
      try Self.check(request.policies.map(\.good), "policies", ".good")
      policies = try Self.each(request.policies, "policies") {
        (policy, field) throws(StockRefusal) in
        (good: policy.good, policy: try ReplenishmentPolicy(policy, field))
      }
    } catch {
      throw error.rpcError
    }
    return try await calls.change(
      StoreCalls.Change(
        request, "PutPolicies", of: request.business, context,
        rows: 2 * policies.count)
    ) { [capacity] (book, batch) throws(StockFailure) in
      PutPoliciesResponse(
        policiesVersion: try book.put(request.business, policies, capacity, batch),
        repeatable: request.isRepeatable)
    }
  }

  /// Says that goods aren't ordered any more.
  public func deletePolicies(
    _ request: DeletePoliciesRequest, context: ServerContext
  ) async throws(RPCError) -> DeletePoliciesResponse {
    do throws(StockRefusal) {
      try Self.check(business: request.business)
      try Self.check(request.goods, "goods")
    } catch {
      throw error.rpcError
    }
    return try await calls.change(
      StoreCalls.Change(
        request, "DeletePolicies", of: request.business, context,
        rows: request.goods.count)
    ) { [capacity] (book, batch) throws(StockFailure) in
      DeletePoliciesResponse(
        policiesVersion: try book.deletePolicies(request.business, request.goods, capacity, batch),
        repeatable: request.isRepeatable)
    }
  }

  // MARK: - What requests have in common

  static func check(business: String) throws(StockRefusal) {
    guard isBusiness(business) else { throw .businessInvalid }
  }

  /// Goods of which each may be there once.
  private static func check(
    _ goods: [String], _ field: String, _ part: String = ""
  ) throws(StockRefusal) {
    guard (1...StockLimits.policiesPerCall).contains(goods.count) else {
      throw .policiesOutOfRange(field: field)
    }
    var seen: Set<ExactText> = []
    for (place, good) in goods.enumerated() {
      guard StockNames.isGood(good) else { throw .goodInvalid(field: "\(field)[\(place)]\(part)") }
      guard seen.insert(ExactText(good)).inserted else {
        throw .goodTwice(field: "\(field)[\(place)]\(part)")
      }
    }
  }

  private static func each<Given, Checked>(
    _ given: [Given], _ field: String,
    _ check: (Given, String) throws(StockRefusal) -> Checked
  ) throws(StockRefusal) -> [Checked] {
    var checked: [Checked] = []
    checked.reserveCapacity(given.count)
    for (place, one) in given.enumerated() {
      checked.append(try check(one, "\(field)[\(place)]"))
    }
    return checked
  }

  static func pageSize(_ given: Int32) throws(StockRefusal) -> Int {
    let size = given == 0 ? StockLimits.defaultPageSize : Int(given)
    guard (1...StockLimits.pageSize).contains(size) else { throw .pageSizeOutOfRange }
    return size
  }
}
