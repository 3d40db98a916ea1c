public import API
internal import Calls
internal import Messages
public import RPC
internal import Store

// What is read of the tables.
extension CatalogService {
  /// A manufacturer.
  public func getManufacturer(
    _ request: GetManufacturerRequest, context: ServerContext
  ) async throws(RPCError) -> GetManufacturerResponse {
    let key = CatalogKey(kind: .manufacturer, number: request.number)
    try Self.check(request.business, key, version: request.version)
    return try await look(context) { (connection) throws(StoreError) in
      switch try connection.item(request.business, key, atOrNewest: request.version) {
      case .success(let item):
        .success(GetManufacturerResponse(manufacturer: try item.manufacturer()))
      case .failure(let refusal): .failure(refusal)
      }
    }
  }

  /// A good, with its manufacturer: of the newest version as it is now, of an older one as it was when that
  /// came.
  public func getGood(
    _ request: GetGoodRequest, context: ServerContext
  ) async throws(RPCError) -> GetGoodResponse {
    let key = CatalogKey(kind: .good, number: request.number)
    try Self.check(request.business, key, version: request.version)
    return try await look(context) { (connection) throws(StoreError) in
      switch try connection.item(request.business, key, atOrNewest: request.version) {
      case .success(let item):
        let good = try item.good()
        let manufacturer = try connection.manufacturer(
          good.manufacturer, of: request.business, version: item.manufacturerVersion)
        return .success(GetGoodResponse(good: good, manufacturer: manufacturer))
      case .failure(let refusal): return .failure(refusal)
      }
    }
  }

  /// The manufacturers of a business.
  public func listManufacturers(
    _ request: ListManufacturersRequest, context: ServerContext
  ) async throws(RPCError) -> ListManufacturersResponse {
    let size = try Self.pageSize(request.business, request.pageSize, request.pageToken)
    return try await look(context) { (connection) throws(StoreError) in
      let page = try connection.items(
        request.business, after: CatalogKey(kind: .manufacturer, number: request.pageToken),
        limit: size)
      var response = ListManufacturersResponse()
      for item in page.items { response.manufacturers.append(try item.manufacturer()) }
      if page.isMore { response.nextPageToken = page.items.last?.number ?? "" }
      return .success(response)
    }
  }

  /// The goods of a business.
  public func listGoods(
    _ request: ListGoodsRequest, context: ServerContext
  ) async throws(RPCError) -> ListGoodsResponse {
    let size = try Self.pageSize(request.business, request.pageSize, request.pageToken)
    return try await look(context) { (connection) throws(StoreError) in
      let page = try connection.items(
        request.business, after: CatalogKey(kind: .good, number: request.pageToken), limit: size)
      var response = ListGoodsResponse()
      for item in page.items { response.goods.append(try item.good()) }
      if page.isMore { response.nextPageToken = page.items.last?.number ?? "" }
      return .success(response)
    }
  }

  // MARK: - What they have in common

  private func look<Value: Sendable>(
    _ context: ServerContext,
    _ body:
      @escaping @Sendable (ReadConnection) throws(StoreError) -> Result<
        Value, CatalogRefusal
      >
  ) async throws(RPCError) -> Value {
    let found = try await calls.read(context, body)
    do throws(CatalogRefusal) { return try found.get() } catch { throw error.rpcError }
  }

  private static func check(
    _ business: String, _ key: CatalogKey, version: Int64
  ) throws(RPCError) {
    do throws(CatalogRefusal) {
      try check(business: business)
      guard CatalogItem.isNumber(key.number) else { throw .numberInvalid(field: "number") }
    } catch {
      throw error.rpcError
    }
  }

  private static func pageSize(
    _ business: String, _ given: Int32, _ token: String
  ) throws(RPCError) -> Int {
    let size = given == 0 ? CatalogLimits.defaultPageSize : Int(given)
    do throws(CatalogRefusal) {
      try check(business: business)
      guard (1...CatalogLimits.pageSize).contains(size) else { throw .pageSizeOutOfRange }
      guard token.isEmpty || CatalogItem.isNumber(token) else { throw .pageTokenInvalid }
    } catch {
      throw error.rpcError
    }
    return size
  }
}

extension ReadConnection {
  /// An item in a version, or in its newest.
  fileprivate func item(
    _ business: String, _ key: CatalogKey, atOrNewest version: Int64
  ) throws(StoreError) -> Result<StoredItem, CatalogRefusal> {
    guard let newest = try item(business, key) else {
      return .failure(
        key.kind == .good ? .goodNotFound : .manufacturerNotFound(field: "number"))
    }
    guard version != 0, version != newest.version else { return .success(newest) }
    guard let found = try item(business, key, version: version) else {
      return .failure(.versionInvalid(newest: newest.version))
    }
    return .success(found)
  }
}
