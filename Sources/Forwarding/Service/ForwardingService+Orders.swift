public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// What there is of orders.
extension ForwardingService {
  /// An order, and where it is.
  public func getOrder(
    _ request: GetOrderRequest, context: ServerContext
  ) async throws(RPCError) -> GetOrderResponse {
    let found = try await calls.ask(context) { (book, _) throws(ForwardingFailure) in
      try book.whereabouts(
        request.business, number: request.number, version: request.version,
        isCancellation: request.cancellation)
    }
    let read = try await record(found.sequence, of: request.business, context)
    let lane = LaneLayout.lane(ofKey: OrderHash.key(read.order.key), of: found.lanes)
    let goods = try await calls.goods(of: [read], request.business, context)
    return GetOrderResponse(
      order: API.StoredOrder(read, withBody: true).with(goods), state: API.OrderState(found.place),
      lane: found.place == .lane ? Int32(lane) : 0, rulesVersion: found.version,
      units: found.units.map { unit in
        API.UnitOrder(unit: unit.name, state: API.UnitOrderState(unit.place))
      },
      cancellation: found.cancellation)
  }

  /// A page of a unit's queue. Its token is the last sequence on it.
  public func listQueuedOrders(
    _ request: ListQueuedOrdersRequest, context: ServerContext
  ) async throws(RPCError) -> ListQueuedOrdersResponse {
    let size: Int
    let after: Int64
    do throws(ForwardingRefusal) {
      size = try Self.pageSize(request.pageSize)
      after = try Self.sequence(request.pageToken)
    } catch {
      throw error.rpcError
    }
    let sequences = try await calls.ask(context) { (book, _) throws(ForwardingFailure) in
      try book.queued(request.business, unit: request.unit, after: after, limit: size + 1)
    }
    let page = try await records(
      Array(sequences.prefix(size)), of: request.business, context)
    let hasMore = page.last != sequences.last
    return ListQueuedOrdersResponse(
      orders: page.records.map { API.StoredOrder($0, withBody: false) },
      nextPageToken: hasMore ? page.last.map { "\($0)" } ?? "" : "")
  }

  /// An order as it is kept.
  struct KeptRecord: Sendable {
    var sequence: Int64
    var time: Timestamp
    var order: OrderRecord
  }

  func record(
    _ sequence: Int64, of business: String, _ context: ServerContext
  ) async throws(RPCError) -> KeptRecord {
    let records = try await records([sequence], of: business, context).records
    guard let record = records.first else {
      throw ForwardingRefusal.orderNotFound.rpcError
    }
    return record
  }

  /// Orders by their sequences, which are in order; those that are kept, through the last that was
  /// looked for: a bounded number of chunks is read.
  func records(
    _ sequences: [Int64], of business: String, _ context: ServerContext
  ) async throws(RPCError) -> (records: [KeptRecord], last: Int64?) {
    try await calls.read(context) { (connection) throws(StoreError) in
      var records: [KeptRecord] = []
      var chunk: OrderChunk?
      var chunks = 0
      var last: Int64?
      for sequence in sequences {
        if chunk?[sequence] == nil {
          guard chunks < ForwardingLimits.chunksPerPage else { break }
          chunks += 1
          let read = try connection.chunk(
            of: OrderFeed.key(business), containing: sequence)
          chunk = nil
          if let read { chunk = try OrderChunk(read) }
        }
        last = sequence
        guard let held = chunk, let order = held[sequence] else { continue }
        records.append(KeptRecord(sequence: sequence, time: held.time, order: order))
      }
      return (records, last)
    }
  }
}

extension API.StoredOrder {
  /// As a client sees it.
  init(_ record: ForwardingService.KeptRecord, withBody: Bool) {
    let order = record.order
    self.init(
      sequence: record.sequence, kind: order.isCancellation ? .cancellation : .order,
      order: API.Order(
        number: order.number, version: order.version, code: order.code, key: order.key,
        body: withBody ? order.body : [],
        items: !withBody
          ? [] : order.items.map { API.OrderItem(good: $0.good, quantity: $0.quantity) }),
      submitTime: ProtoTimestamp(microseconds: record.time.microseconds),
      principal: order.principal)
  }
}

extension API.OrderState {
  /// As a client sees it.
  init(_ place: OrderPlace) {
    switch place {
    case .none: self = .unspecified
    case .lane: self = .inLane
    case .quarantined: self = .quarantined
    case .held: self = .held
    case .forwarded: self = .forwarded
    case .awaiting: self = .awaitingGoods
    case .behind: self = .behind
    case .withdrawn: self = .withdrawn
    }
  }
}

extension API.UnitOrderState {
  /// As a client sees it.
  init(_ place: UnitPlace) {
    switch place {
    case .none: self = .unspecified
    case .queued: self = .queued
    case .done: self = .done
    case .dead: self = .dead
    }
  }
}
