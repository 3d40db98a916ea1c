public import API
internal import Messages
public import RPC
public import Store

/// Translates between the calls of `orderwire.v1.LockingService` and the book.
public struct LockingService: LockingServiceProtocol {
  let calls: NumberCalls
  let watches = WatchCount()

  /// The service of a store that was opened with `NumberState`.
  public init(_ store: DurableStore, limits: CapacityLimits = CapacityLimits()) {
    calls = NumberCalls(store, limits)
  }

  /// Marks numbers as completed.
  public func complete(
    _ request: CompleteRequest, context: ServerContext
  ) async throws(RPCError) -> CompleteResponse {
    let command = try CompleteCommand(
      business: request.business,
      caller: Caller(principal: context.principal, holder: request.holder),
      items: request.completions.map { item in
        CompleteCommand.Item(
          number: item.number, token: item.token.map { TokenValue($0) },
          amount: item.amount.map {
            CompleteCommand.Amount(currency: $0.currencyCode, minor: $0.amountMinor)
          })
      })
    var body = request
    body.requestID = ""
    let answer = try await calls.change(
      NumberCalls.Change(
        context: context, method: "Complete", kind: .complete, business: request.business,
        requestID: request.requestID, rows: 2 * min(command.items.count, Limits.numbersPerCall)),
      body: body, keep: KeptEnds.times(count: command.items.count)
    ) { (book, now, rows) throws(Refusal) in
      .pieces(try book.complete(command, at: now, rows: rows))
    }
    switch answer {
    case .response(let response): return response
    case .pieces(let times):
      return CompleteResponse(
        numbers: zip(command.items, times).map { item, time in
          CompletedNumber(number: item.number, completeTime: ProtoTimestamp(microseconds: time))
        },
        repeatable: !request.requestID.isEmpty)
    }
  }

  /// Gives numbers back.
  public func release(
    _ request: ReleaseRequest, context: ServerContext
  ) async throws(RPCError) -> ReleaseResponse {
    let command = try ReleaseCommand(
      business: request.business,
      caller: Caller(principal: context.principal, holder: request.holder),
      items: request.releases.map { item in
        ReleaseCommand.Item(number: item.number, token: item.token.map { TokenValue($0) })
      },
      reason: request.reason)
    var body = request
    body.requestID = ""
    let answer = try await calls.change(
      NumberCalls.Change(
        context: context, method: "Release", kind: .release, business: request.business,
        requestID: request.requestID, rows: 2 * min(command.items.count, Limits.numbersPerCall)),
      body: body, keep: KeptEnds.released(count: command.items.count)
    ) { (book, now, rows) throws(Refusal) in
      .pieces(try book.release(command, at: now, rows: rows))
    }
    switch answer {
    case .response(let response): return response
    case .pieces(let released):
      return ReleaseResponse(
        numbers: zip(command.items, released).map { item, released in
          ReleasedNumber(
            number: item.number, releaseTime: ProtoTimestamp(microseconds: released.time),
            reusable: released.isReusable)
        },
        repeatable: !request.requestID.isEmpty)
    }
  }

  /// The mark of a number.
  public func getLock(
    _ request: GetLockRequest, context: ServerContext
  ) async throws(RPCError) -> GetLockResponse {
    let lock = try await calls.ask(context, .read) { (book, now, rows) throws(Refusal) in
      API.Lock(
        try book.lock(request.business, number: request.number, at: now, rows: rows),
        business: request.business, incarnation: book.incarnation)
    }
    return GetLockResponse(lock: lock)
  }

  /// Makes a lease.
  public func createLease(
    _ request: CreateLeaseRequest, context: ServerContext
  ) async throws(RPCError) -> CreateLeaseResponse {
    let caller = try Caller(principal: context.principal, holder: request.holder)
    let repeatable = !request.requestID.isEmpty
    var body = request
    body.requestID = ""
    return try await calls.change(
      NumberCalls.Change(
        context: context, method: "CreateLease", kind: .lease, business: request.business,
        requestID: request.requestID),
      body: body
    ) { (book, now, rows) throws(Refusal) in
      let view = try book.createLease(
        request.business, ttl: request.ttl?.microseconds, caller: caller, at: now, rows: rows)
      return CreateLeaseResponse(lease: API.Lease(view), repeatable: repeatable)
    }
  }

  /// Lets a lease run its whole time again.
  public func renew(
    _ request: RenewRequest, context: ServerContext
  ) async throws(RPCError) -> RenewResponse {
    let caller = try Caller(principal: context.principal, holder: request.holder)
    let repeatable = !request.requestID.isEmpty
    var body = request
    body.requestID = ""
    return try await calls.change(
      NumberCalls.Change(
        context: context, method: "Renew", kind: .lease, business: request.business,
        requestID: request.requestID),
      body: body
    ) { (book, now, rows) throws(Refusal) in
      let view = try book.renew(
        request.business, lease: request.leaseID, caller: caller, at: now, rows: rows)
      return RenewResponse(lease: API.Lease(view), repeatable: repeatable)
    }
  }

  /// A lease.
  public func getLease(
    _ request: GetLeaseRequest, context: ServerContext
  ) async throws(RPCError) -> GetLeaseResponse {
    let view = try await calls.ask(context, .read) { (book, now, _) throws(Refusal) in
      try book.lease(request.business, request.leaseID, at: now)
    }
    return GetLeaseResponse(lease: API.Lease(view))
  }

  /// Renews a lease with each message.
  public func keepAlive(
    _ requests: RequestStream<KeepAliveRequest>, responses: ResponseWriter<KeepAliveResponse>,
    context: ServerContext
  ) async throws(RPCError) {
    for try await request in requests {
      let renewed = try await renew(
        RenewRequest(
          business: request.business, leaseID: request.leaseID, holder: request.holder),
        context: context)
      try await responses.write(KeepAliveResponse(lease: renewed.lease))
    }
  }

  /// The counters of a pool.
  public func getCounter(
    _ request: GetCounterRequest, context: ServerContext
  ) async throws(RPCError) -> GetCounterResponse {
    let view = try await calls.ask(context, .read) { (book, now, _) throws(Refusal) in
      try book.counter(request.business, at: now)
    }
    return GetCounterResponse(counter: Counter(view, business: request.business))
  }
}
