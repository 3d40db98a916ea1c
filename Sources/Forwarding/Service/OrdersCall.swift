internal import API
internal import Calls
internal import Messages
internal import RPC
internal import Store

/// A call that gives orders in, without a task of its own. A subclass answers.
// @unchecked: as its superclass says.
class OrdersCall: StoredCall, @unchecked Sendable {
  private let service: ForwardingService
  private let business: String
  private let orders: [GivenOrder]
  /// nil: it had no effect, as it wasn't its turn.
  private(set) var outcome: Result<[Submitted], ForwardingRefusal>?

  init(
    _ change: StoreCalls.Change, _ orders: [GivenOrder], of business: String,
    to service: ForwardingService
  ) {
    self.service = service
    self.business = business
    self.orders = orders
    super.init(change, to: service.calls.stored)
  }

  /// Queues it.
  final func begin() { service.calls.store.begin(self) }

  /// Whether it may take effect. On the writer's thread.
  var isItsTurn: Bool { true }

  /// It took effect in a batch. On the writer's thread.
  func tookEffect(in batch: Batch) {}

  override final func takeEffect(in batch: Batch) throws(StoreError) -> Bool {
    // It may have been decided otherwise before, in a batch that was taken back.
    outcome = nil
    guard isItsTurn else { return false }
    do throws(ForwardingFailure) {
      let book = service.book[batch]
      outcome = .success(
        try book.submit(business, orders, service.capacity, stock: service.stock, batch))
    } catch {
      switch error {
      case .refused(let refusal): outcome = .failure(refusal)
      case .store(let error): throw error
      }
      return false
    }
    tookEffect(in: batch)
    return true
  }
}

/// A call of Submit. Its answer is bytes: made by hand when it is fresh, else as they were kept.
// @unchecked: as its superclass says.
final class SubmitCall: OrdersCall, @unchecked Sendable {
  typealias Answer = Result<EncodedMessage<SubmitResponse>, RPCError>

  private var caller: ((Answer) -> Void)?

  init(
    _ request: SubmitRequest, _ context: ServerContext, of service: ForwardingService
  ) throws(RPCError) {
    let orders = try ForwardingService.checked(
      request.business, request.orders, try context.principal)
    super.init(
      try StoreCalls.Change(
        request, "Submit", of: request.business, context, rows: ForwardingCalls.rows(of: orders)),
      orders, of: request.business, to: service)
  }

  /// Has it decided, durably; `caller` is told once, on the call's loop.
  func begin(_ caller: @escaping (Answer) -> Void) {
    self.caller = caller
    begin()
  }

  /// Has it decided, and waits for it.
  func answer() async -> Answer {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        begin { continuation.resume(returning: $0) }
      }
    } onCancel: {
      withdraw()
    }
  }

  override var keptAnswer: [UInt8] {
    guard case .success(let submitted) = outcome else { return [] }
    return SubmitResponse.encoding(submitted)
  }

  override func decided() {
    switch outcome {
    case .success(let submitted):
      tell(.success(EncodedMessage(bytes: SubmitResponse.encoding(submitted))))
    case .failure(let refusal): failed(refusal.rpcError)
    case nil: failed(RPCError(.internal, "a decision without an outcome"))
    }
  }

  override func repeated(_ kept: [UInt8]) {
    do {
      _ = try SubmitResponse(decoding: kept)
      tell(.success(EncodedMessage(bytes: kept)))
    } catch {
      failed(StoreError.corrupt("a kept answer can't be read: \(error)").rpcError)
    }
  }

  override func failed(_ error: RPCError) { tell(.failure(error)) }

  private func tell(_ answer: Answer) { caller.take()?(answer) }
}
