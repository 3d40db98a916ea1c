public import API
internal import Calls
internal import Messages
public import RPC
public import Store

/// Translates between the calls of `orderwire.v1.LockingService` and the book.
public struct LockingService: LockingServiceProtocol {
  let calls: NumberCalls

  /// The service of a store that was opened with `NumberState`.
  public init(_ store: DurableStore, limits: CapacityLimits = CapacityLimits()) {
    calls = NumberCalls(store, limits)
  }

  /// Has the most frequent calls answered without a task for each. After `register(with:)`.
  public func answerWithoutTasks(_ router: inout Router) {
    let service: StaticString = "orderwire.v1.LockingService"
    router.answerLater(service: service, method: "Complete", completion) {
      (answer, request, _, reply) in reply.succeeded(Self.response(to: request, answer))
    }
    router.answerLater(service: service, method: "Release", returning) {
      (answer, request, _, reply) in reply.succeeded(Self.response(to: request, answer))
    }
    router.answerLater(service: service, method: "Renew", renewal) {
      (answer, _, _, reply) in reply.succeeded(answer)
    }
  }

  /// Marks numbers as completed.
  public func complete(
    _ request: CompleteRequest, context: ServerContext
  ) async throws(RPCError) -> CompleteResponse {
    Self.response(to: request, try await completion(request, context).outcome())
  }

  private func completion(
    _ request: CompleteRequest, _ context: ServerContext
  ) throws(RPCError) -> NumberChange<KeptAnswer<[Int64], CompleteResponse>> {
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
    return try NumberChange(
      StoreCalls.Change(
        request, "Complete", of: request.business, context,
        rows: 2 * min(command.items.count, Limits.numbersPerCall)),
      .complete, keep: KeptEnds.times(count: command.items.count), calls
    ) { (book, now, rows) throws(Refusal) in
      .pieces(try book.complete(command, at: now, rows: rows))
    }
  }

  private static func response(
    to request: CompleteRequest, _ answer: KeptAnswer<[Int64], CompleteResponse>
  ) -> CompleteResponse {
    switch answer {
    case .response(let response): return response
    case .pieces(let times):
      return CompleteResponse(
        numbers: zip(request.completions, times).map { item, time in
          CompletedNumber(number: item.number, completeTime: ProtoTimestamp(microseconds: time))
        },
        repeatable: request.isRepeatable)
    }
  }

  /// Gives numbers back.
  public func release(
    _ request: ReleaseRequest, context: ServerContext
  ) async throws(RPCError) -> ReleaseResponse {
    Self.response(to: request, try await returning(request, context).outcome())
  }

  private func returning(
    _ request: ReleaseRequest, _ context: ServerContext
  ) throws(RPCError) -> NumberChange<KeptAnswer<[Released], ReleaseResponse>> {
    let command = try ReleaseCommand(
      business: request.business,
      caller: Caller(principal: context.principal, holder: request.holder),
      items: request.releases.map { item in
        ReleaseCommand.Item(number: item.number, token: item.token.map { TokenValue($0) })
      },
      reason: request.reason)
    return try NumberChange(
      StoreCalls.Change(
        request, "Release", of: request.business, context,
        rows: 2 * min(command.items.count, Limits.numbersPerCall)),
      .release, keep: KeptEnds.released(count: command.items.count), calls
    ) { (book, now, rows) throws(Refusal) in
      .pieces(try book.release(command, at: now, rows: rows))
    }
  }

  private static func response(
    to request: ReleaseRequest, _ answer: KeptAnswer<[Released], ReleaseResponse>
  ) -> ReleaseResponse {
    switch answer {
    case .response(let response): return response
    case .pieces(let released):
      return ReleaseResponse(
        numbers: zip(request.releases, released).map { item, released in
          ReleasedNumber(
            number: item.number, releaseTime: ProtoTimestamp(microseconds: released.time),
            reusable: released.isReusable)
        },
        repeatable: request.isRepeatable)
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
    return try await calls.change(
      StoreCalls.Change(request, "CreateLease", of: request.business, context, rows: 1), .lease
    ) { (book, now, rows) throws(Refusal) in
      let view = try book.createLease(
        request.business, ttl: request.ttl?.microseconds, caller: caller, at: now, rows: rows)
      return CreateLeaseResponse(lease: API.Lease(view), repeatable: request.isRepeatable)
    }
  }

  /// Lets a lease run its whole time again.
  public func renew(
    _ request: RenewRequest, context: ServerContext
  ) async throws(RPCError) -> RenewResponse {
    try await renewal(request, context).outcome()
  }

  private func renewal(
    _ request: RenewRequest, _ context: ServerContext
  ) throws(RPCError) -> NumberChange<RenewResponse> {
    let caller = try Caller(principal: context.principal, holder: request.holder)
    return try NumberChange(
      StoreCalls.Change(request, "Renew", of: request.business, context, rows: 1), .lease,
      keep: .message(), calls
    ) { (book, now, rows) throws(Refusal) in
      let view = try book.renew(
        request.business, lease: request.leaseID, caller: caller, at: now, rows: rows)
      return RenewResponse(lease: API.Lease(view), repeatable: request.isRepeatable)
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
