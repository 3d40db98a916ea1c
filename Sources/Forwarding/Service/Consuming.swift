internal import API
internal import Calls
internal import Messages
internal import Numbers
internal import RPC
internal import Store

/// One consumer on its stream.
struct Consuming: Sendable {
  let calls: ForwardingCalls
  let business: String
  let unit: String
  let responses: ResponseWriter<ConsumeResponse>
  let context: ServerContext
  private let principal: String
  let id: Int64
  private let outbox = ConsumerOutbox()

  /// Attaches, and tells so.
  init(
    _ calls: ForwardingCalls, _ attachment: Attachment,
    _ responses: ResponseWriter<ConsumeResponse>,
    _ context: ServerContext
  ) async throws(RPCError) {
    let credits = attachment.credits
    do throws(ForwardingRefusal) {
      guard isBusiness(attachment.business) else {
        throw .businessInvalid(field: "attach.business")
      }
      guard isBusiness(attachment.consumer) else {
        throw .consumption(.consumerInvalid(field: "attach.consumer"))
      }
      try Self.check(credits: credits, "attach.credits")
    } catch {
      throw error.rpcError
    }
    self.calls = calls
    business = attachment.business
    unit = attachment.unit
    self.responses = responses
    self.context = context
    principal = try context.principal
    let outbox = outbox
    let (id, settings) = try await calls.change(context, rows: 1) {
      (book, batch) throws(ForwardingFailure) in
      try book.attach(
        attachment.business, unit: attachment.unit, consumer: attachment.consumer,
        credits: Int(credits), outbox, batch)
    }.value
    self.id = id
    do throws(RPCError) {
      try await responses.write(
        ConsumeResponse(
          said: .attached(Attached(consumption: API.ConsumptionSettings(settings)))))
    } catch {
      leave(isLost: true)
      throw error
    }
  }

  static func check(credits: Int32, _ field: String) throws(ForwardingRefusal) {
    guard (0...ForwardingLimits.credits).contains(credits) else {
      throw .consumption(.creditsOutOfRange(field: field))
    }
  }

  /// Its stream has ended. Where the store doesn't take it now, the book finds the outbox over later.
  func leave(isLost: Bool) {
    outbox.end(.left)
    let (store, business, unit, id, principal) = (calls.store, business, unit, id, principal)
    let book = store.state(of: ForwardingBook.self)
    Task {
      try? await store.execute(caller: principal, rows: StoreCalls.usualRows) {
        (batch) throws(StoreError) in
        book[batch].leave(business, unit: unit, id, isLost: isLost, batch)
      }
    }
  }

  /// Sends what is handed out, for as long as the consumer may have it.
  func deliver() async throws(RPCError) {
    var orders = try OrderReader(calls.store, business)
    while true {
      var handed = try await next()[...]
      while !handed.isEmpty {
        var taken: [(handed: ConsumerOutbox.Handed, found: OrderReader.Found)] = []
        var bytes = 0
        while let one = handed.first, taken.count < ForwardingLimits.deliveriesPerResponse,
          bytes < ForwardingLimits.bytesPerResponse
        {
          handed.removeFirst()
          let found = try await orders.order(one.delivery.sequence)
          bytes += found.encoding.count
          taken.append((one, found))
        }
        // What isn't the same for every unit, or is looked up, goes another way.
        let isPlain = taken.allSatisfy { $0.handed.edits == 0 && !$0.found.hasItems }
        if isPlain {
          let deliveries = taken.map { EncodedDelivery($0.handed, order: $0.found.encoding) }
          try await responses.write(EncodedDelivery.response(deliveries))
        } else {
          try await send(taken)
        }
      }
    }
  }

  /// In the order of their sequences, as neighbours are read together.
  private func next() async throws(RPCError) -> [ConsumerOutbox.Handed] {
    do throws(ConsumerOutbox.End) {
      return try await outbox.next().sorted { $0.delivery.sequence < $1.delivery.sequence }
    } catch {
      switch error {
      case .left: throw RPCError(.cancelled, "the consumer has left")
      case .replaced: throw ForwardingRefusal.consumption(.consumerReplaced).rpcError
      case .unitDeleted: throw ForwardingRefusal.unitNotFound(field: "attach.unit").rpcError
      case .storeRecovered: throw StoreError.unavailable(.recovering).rpcError
      }
    }
  }

  /// In several responses, if their goods are large.
  private func send(
    _ taken: [(handed: ConsumerOutbox.Handed, found: OrderReader.Found)]
  ) async throws(RPCError) {
    var deliveries: [API.Delivery] = []
    for (handed, found) in taken {
      deliveries.append(try await delivery(of: handed, found.record))
    }
    var rest = deliveries[...]
    var records = taken.filter(\.found.hasItems).map(\.found.record)[...]
    while !records.isEmpty {
      let goods = try await calls.goods(of: Array(records), business, context)
      records = records.drop { goods[$0.sequence] != nil }
      // Those before the first order whose goods weren't read.
      let end = records.first.flatMap { next in
        rest.firstIndex { $0.order?.sequence == next.sequence }
      }
      let sent = rest[..<(end ?? rest.endIndex)].map { one in
        var delivery = one
        delivery.order = one.order?.with(goods)
        return delivery
      }
      rest = rest[(end ?? rest.endIndex)...]
      try await write(sent)
    }
    if !rest.isEmpty { try await write(Array(rest)) }
  }

  private func write(_ deliveries: [API.Delivery]) async throws(RPCError) {
    try await responses.write(
      ConsumeResponse(said: .deliveries(Deliveries(deliveries: deliveries))))
  }

  private func delivery(
    of handed: ConsumerOutbox.Handed, _ record: ForwardingService.KeptRecord
  ) async throws(RPCError) -> API.Delivery {
    let delivery = handed.delivery
    var order = API.StoredOrder(record, withBody: true)
    if handed.edits > 0 {
      let (business, unit) = (business, unit)
      let edits = try await calls.edits(of: delivery.sequence, business, unit: unit, context)
      if let body = edits.last?.body { order.order?.body = body }
    }
    return API.Delivery(
      token: delivery.token, order: order, attempt: delivery.attempt, losses: delivery.losses,
      deadlineTime: ProtoTimestamp(microseconds: handed.deadline), edits: handed.edits)
  }
}

extension Result where Failure == ForwardingRefusal {
  /// What was decided; a refusal as a client is told.
  var value: Success {
    get throws(RPCError) {
      switch self {
      case .success(let value): return value
      case .failure(let refusal): throw refusal.rpcError
      }
    }
  }
}
