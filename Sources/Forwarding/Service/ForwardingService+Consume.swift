public import API
internal import Calls
internal import Messages
internal import Numbers
public import RPC
internal import Store

extension ForwardingService {
  /// Hands the orders of a unit to a consumer, and takes what became of them.
  public func consume(
    _ requests: RequestStream<ConsumeRequest>, responses: ResponseWriter<ConsumeResponse>,
    context: ServerContext
  ) async throws(RPCError) {
    var messages = requests.makeAsyncIterator()
    guard case .attach(let attachment)? = try await messages.next()?.said else {
      throw ForwardingRefusal.consumption(.attachmentMissing).rpcError
    }
    let consuming = try await Consuming(calls, attachment, responses, context)
    // Whichever ends first ends the other: the consumer has left, or can't be told any more.
    let outcome = await withTaskGroup(of: Result<Void, RPCError>.self) { group in
      group.addTask { await Self.outcome { () throws(RPCError) in try await consuming.deliver() } }
      group.addTask {
        await Self.outcome { () throws(RPCError) in try await consuming.listen(to: requests) }
      }
      let first = await group.next() ?? .success(())
      group.cancelAll()
      return first
    }
    consuming.leave(isLost: Self.isLost(outcome))
    try outcome.get()
  }

  /// A consumer that goes without a word; neither one that was told to, nor a server that stops.
  private static func isLost(_ outcome: Result<Void, RPCError>) -> Bool {
    guard case .failure(let error) = outcome else { return false }
    return error.code == .cancelled || error.code == .deadlineExceeded
  }

  private static func outcome(
    _ body: () async throws(RPCError) -> Void
  ) async -> Result<Void, RPCError> {
    do throws(RPCError) {
      try await body()
      return .success(())
    } catch {
      return .failure(error)
    }
  }
}
