internal import API
internal import Calls
internal import Messages
internal import Numbers
internal import RPC
internal import Store

// What a consumer says of its deliveries.
extension Consuming {
  /// Takes settlements until the consumer leaves. Each is a child task that writes its own answer, so
  /// that many are committed together; a consumer that doesn't read its answers makes them wait.
  func listen(to requests: RequestStream<ConsumeRequest>) async throws(RPCError) {
    let end = await withTaskGroup(of: RPCError?.self) { group -> RPCError? in
      var iterator = requests.makeAsyncIterator()
      var inHand = 0
      while true {
        do throws(RPCError) {
          guard let request = try await iterator.next() else { break }
          while inHand == ForwardingLimits.settlementsInHand, let done = await group.next() {
            inHand -= 1
            if let done { return done }
          }
          inHand += 1
          try await take(request, &group)
        } catch {
          return error
        }
      }
      while let done = await group.next() { if let done { return done } }
      return nil
    }
    if let end { throw end }
  }

  private func take(
    _ request: ConsumeRequest, _ group: inout TaskGroup<RPCError?>
  ) async throws(RPCError) {
    switch request.said {
    case .settle(let settlement):
      let given: GivenSettlement
      do throws(ForwardingRefusal) { given = try GivenSettlement(settlement) } catch {
        throw error.rpcError
      }
      group.addTask {
        do throws(RPCError) {
          try await settle(given, at: settlement.position)
          return nil
        } catch {
          return error
        }
      }
    case .credit(let change):
      do throws(ForwardingRefusal) {
        try Self.check(credits: change.credits, "credit.credits")
      } catch {
        throw error.rpcError
      }
      let (business, unit, id) = (business, unit, id)
      try await calls.change(context, rows: 1) { (book, batch) throws(ForwardingFailure) in
        try book.setCredits(Int(change.credits), of: id, business, unit: unit, batch)
      }.value
      group.addTask { nil }
    case .attach: throw ForwardingRefusal.consumption(.attachedTwice).rpcError
    case nil: throw ForwardingRefusal.messageMissing(field: "settle").rpcError
    }
  }

  private func settle(
    _ settlement: GivenSettlement, at position: Int64
  ) async throws(RPCError) {
    let (business, unit, id) = (business, unit, id)
    let stale = try await calls.change(context, rows: 2 + settlement.nacks.count) {
      (book, batch) throws(ForwardingFailure) in
      try book.settle(settlement, of: id, business, unit: unit, batch)
    }.value
    let error = ForwardingRefusal.consumption(.deliveryStale).rpcError
    let refused = stale.map {
      SettlementRefusal(token: $0, reason: error.errorInfo?.reason ?? "", message: error.message)
    }
    try await responses.write(
      ConsumeResponse(said: .settled(Settled(position: position, refused: refused))))
  }
}

extension GivenSettlement {
  /// What a consumer says, checked.
  fileprivate init(_ given: Settlement) throws(ForwardingRefusal) {
    let count = given.acks.count + given.nacks.count + given.extensions.count
    guard (1...ForwardingLimits.settlements).contains(count) else {
      throw .consumption(.settlementsOutOfRange)
    }
    acks = given.acks
    nacks = []
    extensions = []
    for (place, nack) in given.nacks.enumerated() {
      let path = "settle.nacks[\(place)]"
      let delay = nack.delay?.microseconds ?? 0
      guard (0...ForwardingLimits.longestDelay).contains(delay) else {
        throw .consumption(.delayOutOfRange(field: "\(path).delay"))
      }
      guard nack.reason.utf8.count <= ForwardingLimits.reasonBytes else {
        throw .reasonTooLong(field: "\(path).reason")
      }
      nacks.append(Nack(token: nack.token, delay: delay, reason: nack.reason))
    }
    for (place, one) in given.extensions.enumerated() {
      let duration = one.duration?.microseconds ?? 0
      let range = ForwardingLimits.shortestAckDeadline...ForwardingLimits.longestAckDeadline
      guard range.contains(duration) else {
        throw .consumption(.extensionOutOfRange(field: "settle.extensions[\(place)].duration"))
      }
      extensions.append(Extension(token: one.token, duration: duration))
    }
  }
}
