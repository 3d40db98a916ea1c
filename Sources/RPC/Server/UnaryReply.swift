public import Messages

/// The answer that a call without a task still owes. Tell it `succeeded` or `failed` once, on the
/// call's loop (`ServerContext.loop`); a call that is never told holds its place for ever. What is told
/// after the call was cancelled goes nowhere.
public struct UnaryReply<Response: Message>: Sendable {
  let call: ServerCall

  /// Sends the response, and the status OK.
  public func succeeded(_ response: Response) { call.handlerReturned(response) }

  /// Sends a response that is encoded already, and the status OK.
  public func succeeded(encoded response: EncodedMessage<Response>) {
    call.handlerReturned(encoded: response.bytes)
  }

  /// Sends an error.
  public func failed(_ error: RPCError) { call.handlerReturned(error) }

  /// Has `body` called once, on the call's loop, if the client cancels, the connection is lost or the
  /// deadline passes before the reply is told. The reply is still owed then. Loop only.
  public func onCancel(_ body: @escaping () -> Void) { call.onCancel(body) }
}
