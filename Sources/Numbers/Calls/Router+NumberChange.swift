internal import Calls
internal import Messages
internal import RPC
internal import Store

extension Router {
  /// Has calls of a registered method begun as changes of a pool, and answered when they are durable.
  /// `answer` makes the response, on the call's loop, and tells it.
  mutating func answerLater<Request: Message, Response: Message, Outcome: Sendable>(
    service: StaticString, method: StaticString,
    _ make: @escaping @Sendable (Request, ServerContext) throws(RPCError) -> NumberChange<Outcome>,
    _ answer: @escaping @Sendable (Outcome, Request, ServerContext, UnaryReply<Response>) -> Void
  ) {
    answerLater(service: service, method: method) {
      (request: Request, context, reply: UnaryReply<Response>) in
      let change: NumberChange<Outcome>
      do throws(RPCError) { change = try make(request, context) } catch {
        return reply.failed(error)
      }
      reply.onCancel { change.withdraw() }
      change.begin { result in
        switch result {
        case .success(let outcome): answer(outcome, request, context, reply)
        case .failure(let error): reply.failed(error)
        }
      }
    }
  }
}
