public import API
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
    let command = try AllocateCommand(
      business: request.business, count: Int(request.count),
      caller: Caller(principal: context.principal, holder: request.holder),
      lease: AllocateCommand.LeaseChoice(request.lease))
    var body = request
    body.requestID = ""
    let answer = try await calls.change(
      NumberCalls.Change(
        context: context, method: "Allocate", kind: .allocate, business: request.business,
        requestID: request.requestID, rows: min(max(command.count, 1), Limits.numbersPerCall)),
      body: body, keep: HandedAnswer.keeping
    ) { [onLowSerials] (book, now, rows) throws(Refusal) in
      let allocation = try book.allocate(command, at: now, rows: rows)
      if let low = allocation.low { onLowSerials(low) }
      return .pieces(
        HandedAnswer(
          handed: allocation.handed, incarnation: book.incarnation, form: allocation.form))
    }
    switch answer {
    case .response(let response): return response
    case .pieces(let pieces):
      let form = try await form(of: pieces, request.business, context)
      return AllocateResponse(
        pieces.handed, form, incarnation: pieces.incarnation,
        repeatable: !request.requestID.isEmpty)
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
