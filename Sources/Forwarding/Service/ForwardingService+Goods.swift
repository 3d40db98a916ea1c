public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// Orders and their goods.
extension ForwardingService {
  /// A page of the orders that wait for goods. Its token is the last sequence on it.
  public func listWaitingOrders(
    _ request: ListWaitingOrdersRequest, context: ServerContext
  ) async throws(RPCError) -> ListWaitingOrdersResponse {
    let size: Int
    let after: Int64
    do throws(ForwardingRefusal) {
      size = try Self.pageSize(request.pageSize)
      after = try Self.sequence(request.pageToken)
    } catch {
      throw error.rpcError
    }
    let found = try await calls.ask(context) { (book, batch) throws(ForwardingFailure) in
      try book.waiting(request.business, after: after, limit: size, batch)
    }
    let page = try await records(found.orders.map(\.sequence), of: request.business, context)
    let waiting = Dictionary(uniqueKeysWithValues: found.orders.map { ($0.sequence, $0) })
    let hasMore = found.isMore || page.last != found.orders.last?.sequence
    return ListWaitingOrdersResponse(
      orders: page.records.map { record in
        API.WaitingOrder(
          order: API.StoredOrder(record, withBody: false),
          state: API.OrderState(waiting[record.sequence]?.place ?? .none),
          missingGoods: waiting[record.sequence]?.missing ?? [])
      },
      nextPageToken: hasMore ? page.last.map { "\($0)" } ?? "" : "")
  }
}

extension ForwardingCalls {
  /// The goods of orders, by sequence; those without items are left out. Of the first always, of the others
  /// as long as it is no more than a response should have.
  func goods(
    of records: [ForwardingService.KeptRecord], _ business: String, _ context: ServerContext
  ) async throws(RPCError) -> [Int64: OrderGoods] {
    let withItems = records.filter { !$0.order.items.isEmpty }
    guard !withItems.isEmpty else { return [:] }
    return try await read(context) { (connection) throws(StoreError) in
      var goods: [Int64: OrderGoods] = [:]
      var bytes = 0
      for record in withItems where bytes < ForwardingLimits.bytesPerResponse {
        let found = try OrderGoods(record.order, record.sequence, of: business, connection)
        goods[record.sequence] = found
        bytes += found.bytes
      }
      return goods
    }
  }
}

extension API.StoredOrder {
  /// With its goods, if they are among these.
  func with(_ goods: [Int64: OrderGoods]) -> API.StoredOrder {
    guard let found = goods[sequence] else { return self }
    var order = self
    order.goods = found.goods
    order.manufacturers = found.manufacturers
    return order
  }
}
