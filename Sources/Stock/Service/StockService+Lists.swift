public import API
internal import Messages
public import RPC
internal import Store

// Figures as they are now.
extension StockService {
  /// The figures of a good.
  public func getStock(
    _ request: GetStockRequest, context: ServerContext
  ) async throws(RPCError) -> GetStockResponse {
    do throws(StockRefusal) {
      try Self.check(business: request.business)
      guard StockNames.isGood(request.good) else { throw .goodInvalid(field: "good") }
    } catch {
      throw error.rpcError
    }
    return try await calls.look(context) { (connection) throws(StoreError) in
      guard let good = try connection.good(request.business, request.good) else {
        return .failure(.goodNotFound)
      }
      let policy = try connection.policy(request.business, good.name)
      return .success(GetStockResponse(stock: good.message(policy)))
    }
  }

  /// The figures of all goods.
  public func listStock(
    _ request: ListStockRequest, context: ServerContext
  ) async throws(RPCError) -> ListStockResponse {
    let size: Int
    do throws(StockRefusal) {
      try Self.check(business: request.business)
      size = try Self.pageSize(request.pageSize)
      guard request.pageToken.isEmpty || StockNames.isGood(request.pageToken) else {
        throw .pageTokenInvalid
      }
    } catch {
      throw error.rpcError
    }
    return try await calls.look(context) { (connection) throws(StoreError) in
      let goods = try connection.goods(
        of: request.business, after: request.pageToken, limit: size + 1)
      var response = ListStockResponse()
      for good in goods.prefix(size) {
        response.stock.append(
          good.message(try connection.policy(request.business, good.name)))
      }
      if goods.count > size { response.nextPageToken = goods[size - 1].name }
      return .success(response)
    }
  }

  /// What is still reserved or in transit of a good.
  public func listOpenQuantities(
    _ request: ListOpenQuantitiesRequest, context: ServerContext
  ) async throws(RPCError) -> ListOpenQuantitiesResponse {
    let size: Int
    let kind: OpenKind
    do throws(StockRefusal) {
      try Self.check(business: request.business)
      guard StockNames.isGood(request.good) else { throw .goodInvalid(field: "good") }
      guard let known = OpenKind(rawValue: request.kind.rawValue) else { throw .openKindInvalid }
      kind = known
      size = try Self.pageSize(request.pageSize)
      guard
        request.pageToken.isEmpty
          || StockNames.isName(request.pageToken, bytes: StockLimits.referenceBytes)
      else { throw .pageTokenInvalid }
    } catch {
      throw error.rpcError
    }
    return try await calls.look(context) { (connection) throws(StoreError) in
      guard try connection.good(request.business, request.good) != nil else {
        return .failure(.goodNotFound)
      }
      let open = try connection.open(
        request.business, request.good, kind, after: request.pageToken, limit: size + 1)
      var response = ListOpenQuantitiesResponse(
        quantities: open.prefix(size).map {
          OpenQuantity(reference: $0.reference, quantity: $0.quantity)
        })
      if open.count > size { response.nextPageToken = open[size - 1].reference }
      return .success(response)
    }
  }
}
