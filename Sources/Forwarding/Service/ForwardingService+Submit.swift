public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

// Orders are given in, and taken back.
extension ForwardingService {
  /// Takes orders in.
  public func submit(
    _ request: SubmitRequest, context: ServerContext
  ) async throws(RPCError) -> SubmitResponse {
    let encoded = try await SubmitCall(request, context, of: self).answer().get()
    do {
      return try SubmitResponse(decoding: encoded.bytes)
    } catch {
      throw StoreError.corrupt("a kept answer can't be read: \(error)").rpcError
    }
  }

  /// Has the most frequent calls answered without a task for each. After `register(with:)`.
  public func answerWithoutTasks(_ router: inout Router) {
    router.answerLater(service: "orderwire.v1.ForwardingService", method: "Submit") {
      (request: SubmitRequest, context, reply: UnaryReply<SubmitResponse>) in
      let call: SubmitCall
      do throws(RPCError) { call = try SubmitCall(request, context, of: self) } catch {
        return reply.failed(error)
      }
      reply.onCancel { call.withdraw() }
      call.begin { answer in
        switch answer {
        case .success(let response): reply.succeeded(encoded: response)
        case .failure(let error): reply.failed(error)
        }
      }
    }
  }

  /// Takes orders in, message after message.
  public func submitStream(
    _ requests: RequestStream<SubmitStreamRequest>,
    responses: ResponseWriter<SubmitStreamResponse>, context: ServerContext
  ) async throws(RPCError) {
    let run = SubmitRun(self, context)
    // What is acknowledged ends the stream; nobody waits for messages behind a refused one.
    let outcome = await withTaskGroup(of: Result<Void, RPCError>?.self) { group in
      group.addTask {
        await run.take(requests)
        return nil
      }
      group.addTask {
        do throws(RPCError) {
          try await run.acknowledge(responses)
          return .success(())
        } catch {
          return .failure(error)
        }
      }
      var ended: Result<Void, RPCError>?
      while ended == nil, let next = await group.next() { ended = next }
      group.cancelAll()
      return ended ?? .success(())
    }
    try outcome.get()
  }

  /// Sends a cancellation after an order.
  public func cancel(
    _ request: CancelRequest, context: ServerContext
  ) async throws(RPCError) -> CancelResponse {
    guard request.reason.utf8.count <= ForwardingLimits.reasonBytes else {
      throw ForwardingRefusal.reasonTooLong(field: "reason").rpcError
    }
    let sequence = try await calls.ask(context) { (book, _) throws(ForwardingFailure) in
      try book.find(
        request.business, number: request.number, version: request.version,
        isCancellation: false
      ).0
    }
    let order = try await record(sequence, of: request.business, context).order
    let record = OrderRecord(
      number: order.number, version: order.version, key: order.key, code: order.code,
      body: Array(request.reason.utf8), original: sequence, principal: try context.principal)
    return try await calls.change(
      StoreCalls.Change(
        request, "Cancel", of: request.business, context,
        rows: StoreCalls.usualRows + order.items.count * ForwardingCalls.rowsPerItem)
    ) { (book, batch) throws(ForwardingFailure) in
      let submitted = API.SubmittedOrder(
        try book.cancel(request.business, record, of: order.items, stock: stock, batch))
      return CancelResponse(sequence: submitted.sequence, duplicate: submitted.duplicate)
    }
  }

  static func checked(
    _ business: String, _ orders: [API.Order], _ principal: String
  ) throws(RPCError) -> [GivenOrder] {
    do throws(ForwardingRefusal) {
      guard isBusiness(business) else { throw .businessInvalid(field: "business") }
      guard (1...ForwardingLimits.ordersPerCall).contains(orders.count) else {
        throw .ordersOutOfRange
      }
      var (bytes, items) = (0, 0)
      for (place, order) in orders.enumerated() {
        try check(order, "orders[\(place)]")
        bytes += order.body.count
        items += order.items.count
      }
      guard items <= ForwardingLimits.itemsPerCall else {
        throw .itemsTooMany(field: "orders", limit: ForwardingLimits.itemsPerCall)
      }
      guard bytes <= ForwardingLimits.bytesPerCall else { throw .ordersTooLarge }
    } catch {
      throw error.rpcError
    }
    return orders.map { order in
      GivenOrder(
        OrderRecord(
          number: order.number, version: order.version, key: order.key, code: order.code,
          body: order.body, principal: principal, items: order.items.map { OrderItem($0) }))
    }
  }

  private static func check(_ order: API.Order, _ path: String) throws(ForwardingRefusal) {
    guard (1...ForwardingLimits.numberBytes).contains(order.number.utf8.count) else {
      throw .numberInvalid(field: "\(path).number")
    }
    guard order.version >= 0 else { throw .versionNegative(field: "\(path).version") }
    guard (1...ForwardingLimits.codeBytes).contains(order.code.utf8.count) else {
      throw .codeInvalid(field: "\(path).code")
    }
    guard order.key.utf8.count <= ForwardingLimits.keyBytes else {
      throw .keyTooLong(field: "\(path).key")
    }
    guard order.body.count <= ForwardingLimits.bodyBytes else {
      throw .bodyTooLarge(field: "\(path).body")
    }
    guard !order.items.isEmpty else { return }
    guard OrderItem.isPrintable(order.number, bytes: ForwardingLimits.numberBytes) else {
      throw .numberInvalid(field: "\(path).number")
    }
    let items = order.items.map { OrderItem($0) }
    if let refusal = OrderItem.refusal(of: items, "\(path).items") { throw refusal }
  }
}

extension OrderItem {
  fileprivate init(_ item: API.OrderItem) { self.init(good: item.good, quantity: item.quantity) }
}

extension API.SubmittedOrder {
  /// As a client sees it.
  init(_ submitted: Submitted) {
    self.init(sequence: submitted.sequence, duplicate: submitted.isDuplicate)
  }
}
