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
    switch try await AllocateCall(request, context, to: calls, onLowSerials).outcome() {
    case .response(let response): return response
    case .pieces(let pieces):
      return pieces.response(
        try await form(of: pieces, request.business, context),
        repeatable: !request.requestID.isEmpty)
    }
  }

  /// The form that a repetition's numbers had at first.
  fileprivate func form(
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

/// The same without a task. An object, so that a call retains one thing instead of all that a service
/// is made of.
final class Allocating: Sendable {
  private let service: AllocationService
  private let calls: NumberCalls
  private let onLowSerials: @Sendable (LowSerials) -> Void

  init(service: AllocationService) {
    self.service = service
    calls = service.calls
    onLowSerials = service.onLowSerials
  }

  /// Begins a call.
  func begin(
    _ request: AllocateRequest, _ context: ServerContext, _ reply: UnaryReply<AllocateResponse>
  ) {
    let call: AllocateCall
    do throws(RPCError) {
      call = try AllocateCall(request, context, to: calls, onLowSerials)
    } catch {
      return reply.failed(error)
    }
    reply.onCancel { call.withdraw() }
    // The call lets go of whom it tells, and so of itself, when it tells.
    call.begin { [self] result in
      switch result {
      case .success(let outcome): answer(outcome, to: call, reply)
      case .failure(let error): reply.failed(error)
      }
    }
  }

  /// Answers at once, but for a repetition of which the form has to be asked for.
  private func answer(
    _ answer: AllocateCall.Outcome, to call: AllocateCall, _ reply: UnaryReply<AllocateResponse>
  ) {
    switch answer {
    case .response(let response): reply.succeeded(response)
    case .pieces(let pieces):
      let repeatable = call.isRepeatable
      if let form = pieces.form {
        return reply.succeeded(encoded: pieces.encodedResponse(form, repeatable: repeatable))
      }
      call.context.startTask { [service] in
        do throws(RPCError) {
          let form = try await service.form(of: pieces, call.business, call.context)
          reply.succeeded(encoded: pieces.encodedResponse(form, repeatable: repeatable))
        } catch {
          reply.failed(error)
        }
      }
    }
  }
}

/// What an Allocate came to, in pieces.
struct HandedAnswer: Sendable {
  var handed: HandedNumbers
  var incarnation: UInt64
  /// Known while the answer is fresh.
  var form: NumberForm?

  func response(_ form: NumberForm, repeatable: Bool) -> AllocateResponse {
    AllocateResponse(handed, form, incarnation: incarnation, repeatable: repeatable)
  }

  /// The same as it goes over the wire.
  func encodedResponse(
    _ form: NumberForm, repeatable: Bool
  ) -> EncodedMessage<AllocateResponse> {
    handed.encodedResponse(form, incarnation: incarnation, repeatable: repeatable)
  }

  /// The form in which it is kept.
  var kept: [UInt8] {
    AllocateCall.Outcome.kept(self) { answer, writer in
      answer.handed.write(&writer, incarnation: answer.incarnation)
    }
  }

  /// What was kept.
  static func outcome(kept: [UInt8]) throws -> AllocateCall.Outcome {
    try AllocateCall.Outcome(kept: kept) { (reader) throws(EventDamage) in
      let (handed, incarnation) = try HandedNumbers.read(&reader)
      return HandedAnswer(handed: handed, incarnation: incarnation)
    }
  }
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
