public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
public import Store

/// Translates between the calls of `orderwire.v1.CatalogService` and the book.
public struct CatalogService: CatalogServiceProtocol {
  let calls: StateCalls<CatalogBook, CatalogRefusal>
  private let capacity: CatalogCapacity

  /// The service of a store that was opened with `CatalogBook`.
  public init(_ store: DurableStore, capacity: CatalogCapacity = CatalogCapacity()) {
    calls = StateCalls(store)
    self.capacity = capacity
  }

  /// Makes manufacturers, or their next versions.
  public func putManufacturers(
    _ request: PutManufacturersRequest, context: ServerContext
  ) async throws(RPCError) -> PutManufacturersResponse {
    let items: [CatalogItem]
    do throws(CatalogRefusal) {
      try Self.check(business: request.business)
      guard (1...CatalogLimits.itemsPerCall).contains(request.manufacturers.count) else {
        throw .manufacturersOutOfRange
      }
      items = try Self.items(request.manufacturers, [])
    } catch {
      throw error.rpcError
    }
    return try await calls.change(
      StoreCalls.Change(
        request, "PutManufacturers", of: request.business, context,
        rows: Self.rowsPerItem * items.count)
    ) { [capacity] (book, batch) throws(CatalogFailure) in
      let draft = try book.put(request.business, items, capacity, batch)
      return PutManufacturersResponse(
        counts: draft.counts[.manufacturer]?.message, versions: draft.items.map(\.version))
    }
  }

  /// Makes goods, or their next versions.
  public func putGoods(
    _ request: PutGoodsRequest, context: ServerContext
  ) async throws(RPCError) -> PutGoodsResponse {
    let items: [CatalogItem]
    do throws(CatalogRefusal) {
      try Self.check(business: request.business)
      guard (1...CatalogLimits.itemsPerCall).contains(request.goods.count) else {
        throw .goodsOutOfRange
      }
      items = try Self.items([], request.goods)
    } catch {
      throw error.rpcError
    }
    return try await calls.change(
      StoreCalls.Change(
        request, "PutGoods", of: request.business, context,
        rows: Self.rowsPerItem * items.count)
    ) { [capacity] (book, batch) throws(CatalogFailure) in
      let draft = try book.put(request.business, items, capacity, batch)
      return PutGoodsResponse(
        counts: draft.counts[.good]?.message, versions: draft.items.map(\.version))
    }
  }

  /// Puts manufacturers and goods, message after message.
  public func importGoods(
    _ requests: RequestStream<ImportGoodsRequest>, context: ServerContext
  ) async throws(RPCError) -> ImportGoodsResponse {
    var messages: Int64 = 0
    var counts: [CatalogKind: CatalogCounts] = [:]
    var business: String?
    do throws(RPCError) {
      for try await request in requests {
        for (kind, more) in try await put(request, of: business, context) {
          counts[kind, default: CatalogCounts()] += more
        }
        business = request.business
        messages += 1
      }
    } catch {
      throw error.adding(metadata: ["message": "\(messages)"])
    }
    return ImportGoodsResponse(
      messages: messages, manufacturers: (counts[.manufacturer] ?? CatalogCounts()).message,
      goods: (counts[.good] ?? CatalogCounts()).message)
  }

  private func put(
    _ request: ImportGoodsRequest, of business: String?, _ context: ServerContext
  ) async throws(RPCError) -> [CatalogKind: CatalogCounts] {
    let items: [CatalogItem]
    do throws(CatalogRefusal) {
      try Self.check(business: request.business)
      let isSame = business.map { ExactText($0) == ExactText(request.business) } ?? true
      guard isSame else { throw .businessChanged }
      let count = request.manufacturers.count + request.goods.count
      guard (1...CatalogLimits.itemsPerCall).contains(count) else { throw .itemsOutOfRange }
      items = try Self.items(request.manufacturers, request.goods)
    } catch {
      throw error.rpcError
    }
    let put = try await calls.change(context, rows: Self.rowsPerItem * items.count) {
      [capacity] (book, batch) throws(CatalogFailure) in
      try book.put(request.business, items, capacity, batch).counts
    }
    do throws(CatalogRefusal) { return try put.get() } catch { throw error.rpcError }
  }

  /// Its newest version, and the version among all.
  private static let rowsPerItem = 2

  // MARK: - What requests have in common

  static func check(business: String) throws(CatalogRefusal) {
    guard isBusiness(business) else { throw .businessInvalid }
  }

  private static func items(
    _ manufacturers: [Manufacturer], _ goods: [Good]
  ) throws(CatalogRefusal) -> [CatalogItem] {
    var items: [CatalogItem] = []
    items.reserveCapacity(manufacturers.count + goods.count)
    for (place, manufacturer) in manufacturers.enumerated() {
      items.append(try CatalogItem(manufacturer, "manufacturers[\(place)]"))
    }
    for (place, good) in goods.enumerated() {
      items.append(try CatalogItem(good, "goods[\(place)]"))
    }
    return items
  }
}
