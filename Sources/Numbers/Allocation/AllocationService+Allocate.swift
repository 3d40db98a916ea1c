public import API
internal import Calls
internal import Messages
public import RPC
internal import Store

// Handing out. The writer decides which numbers; their texts are made on the caller's loop, for a
// repetition from the same pieces as at first.
extension AllocationService {
  /// Hands out numbers.
  public func allocate(
    _ request: AllocateRequest, context: ServerContext
  ) async throws(RPCError) -> AllocateResponse {
    try await response(
      to: request, allocation(request, context).outcome(), context)
  }

  func allocation(
    _ request: AllocateRequest, _ context: ServerContext
  ) throws(RPCError) -> NumberChange<KeptAnswer<HandedAnswer, AllocateResponse>> {
    let command = try AllocateCommand(
      business: request.business, count: Int(request.count),
      caller: Caller(principal: context.principal, holder: request.holder),
      lease: AllocateCommand.LeaseChoice(request.lease))
    var body = request
    body.requestID = ""
    return try NumberChange(
      StoreCalls.Change(
        context: context, method: "Allocate", business: request.business,
        requestID: request.requestID, rows: min(max(command.count, 1), Limits.numbersPerCall)),
      .allocate, body: body, keep: HandedAnswer.keeping, calls
    ) { [onLowSerials] (book, now, rows) throws(Refusal) in
      let allocation = try book.allocate(command, at: now, rows: rows)
      if let low = allocation.low { onLowSerials(low) }
      return .pieces(
        HandedAnswer(
          handed: allocation.handed, incarnation: book.incarnation, form: allocation.form))
    }
  }

  /// Answers at once, but for a repetition of which the form has to be asked for.
  func answer(
    _ answer: KeptAnswer<HandedAnswer, AllocateResponse>, to request: AllocateRequest,
    _ context: ServerContext, _ reply: UnaryReply<AllocateResponse>
  ) {
    if case .pieces(let pieces) = answer, let form = pieces.form {
      return reply.succeeded(pieces.response(form, to: request))
    }
    context.startTask {
      do throws(RPCError) {
        reply.succeeded(try await response(to: request, answer, context))
      } catch {
        reply.failed(error)
      }
    }
  }

  private func response(
    to request: AllocateRequest, _ answer: KeptAnswer<HandedAnswer, AllocateResponse>,
    _ context: ServerContext
  ) async throws(RPCError) -> AllocateResponse {
    switch answer {
    case .response(let response): return response
    case .pieces(let pieces):
      return pieces.response(try await form(of: pieces, request.business, context), to: request)
    }
  }

  /// The form that a repetition's numbers had at first.
  private func form(
    of answer: HandedAnswer, _ business: String, _ context: ServerContext
  ) async throws(RPCError) -> NumberForm {
    if let form = answer.form { return form }
    let edition = Int(answer.handed.edition)
    var found = try await forms(of: business, context)
    if edition >= found.count {
      // The template is so new that whoever changed it hasn't made the others forget yet.
      forms.forget(business)
      found = try await forms(of: business, context)
    }
    guard found.indices.contains(edition),
      answer.handed.runs.allSatisfy({ $0.last <= found[edition].lastSerial })
    else {
      throw StoreError.corrupt("a kept answer has numbers that its pool can't make").rpcError
    }
    return found[edition]
  }
}

/// What an Allocate came to, in pieces.
struct HandedAnswer: Sendable {
  var handed: HandedNumbers
  var incarnation: UInt64
  /// Known while the answer is fresh.
  var form: NumberForm?

  func response(_ form: NumberForm, to request: AllocateRequest) -> AllocateResponse {
    AllocateResponse(
      handed, form, incarnation: incarnation, repeatable: !request.requestID.isEmpty)
  }

  static let keeping: NumberCalls.Keeping<KeptAnswer<HandedAnswer, AllocateResponse>> = .pieces(
    write: { answer, writer in
      answer.handed.write(&writer, incarnation: answer.incarnation)
    },
    read: { (reader) throws(EventDamage) in
      let (handed, incarnation) = try HandedNumbers.read(&reader)
      return HandedAnswer(handed: handed, incarnation: incarnation)
    })
}

extension AllocateCommand.LeaseChoice {
  init(_ lease: AllocateRequest.Lease?) {
    switch lease {
    case nil: self = .poolDefault
    case .leaseID(let id): self = .existing(id)
    case .leaseTTL(let ttl): self = .ttl(ttl.microseconds)
    }
  }
}

extension AllocateResponse {
  init(_ handed: HandedNumbers, _ form: NumberForm, incarnation: UInt64, repeatable: Bool) {
    let expireTime = handed.expireTime.map { ProtoTimestamp(microseconds: $0) }
    self.init(leaseID: handed.lease, repeatable: repeatable)
    numbers.reserveCapacity(Int(handed.count))
    for run in handed.runs {
      let token = Token(incarnation: incarnation, generation: UInt64(run.generation))
      form.numbers(of: run) { number in
        numbers.append(AllocatedNumber(number: number, token: token, expireTime: expireTime))
      }
    }
  }
}
