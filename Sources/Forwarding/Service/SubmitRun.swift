internal import API
internal import Calls
internal import Messages
internal import RPC
internal import Store

/// The messages of one SubmitStream between their coming and their acknowledgement, in order.
///
///     message      event                 then
///     –            comes, there is room  its command is begun: waiting
///     –            comes, there is none  it isn't read, so its client sends no more
///     –            comes, is refused     refused, without a command
///     waiting      is durable            taken
///     waiting      is refused or fails   refused; the writer skips those behind it
///     taken        is the first          acknowledged, with all behind it that are taken
///     refused      is the first          the stream ends with its error
///
/// Several are decided with one commit, and acknowledged by one response. An acknowledgement that the
/// client doesn't read keeps its message here, so there is no room.
// @unchecked: confined to the call's loop, but for what is marked.
final class SubmitRun: @unchecked Sendable {
  private struct Message {
    var position: Int64
    var weight: Weight
    var outcome: Outcome
  }

  enum Outcome: Sendable {
    case waiting
    case taken([Submitted])
    case refused(RPCError)
  }

  /// What messages in flight take of the server's memory.
  private struct Weight {
    var messages = 0, orders = 0, bytes = 0

    var isMost: Bool {
      messages >= ForwardingLimits.messagesInFlight || orders >= ForwardingLimits.ordersInFlight
        || bytes >= ForwardingLimits.bytesInFlight
    }

    mutating func add(_ other: Weight, times sign: Int) {
      messages += sign * other.messages
      orders += sign * other.orders
      bytes += sign * other.bytes
    }
  }

  /// Which message is decided next.
  // @unchecked: the loop makes it; from then on it is the writer's alone.
  final class Gate: @unchecked Sendable {
    var next = 0
  }

  private let service: ForwardingService
  private let context: ServerContext
  private let gate = Gate()
  private let news = Waiter()
  private var inFlight: [Message] = []
  /// The number of the first of them, from 0.
  private var first = 0
  private var weight = Weight()
  private var business: String?
  private var position: Int64 = 0
  /// No more messages come; the error with which their stream ended, if it did.
  private var isEnded = false
  private var end: RPCError?

  /// Nobody is told: the call is over.
  private static let cancelled = RPCError(.cancelled, "the call was cancelled")
  /// Nobody is told: a message before it is refused.
  fileprivate static let skipped = RPCError(.aborted, "a message before it was refused")

  init(_ service: ForwardingService, _ context: ServerContext) {
    self.service = service
    self.context = context
  }

  // MARK: - Messages come

  /// Takes messages until the last, or until one is refused.
  func take(_ requests: RequestStream<SubmitStreamRequest>) async {
    do throws(RPCError) {
      for try await request in requests {
        while weight.isMost, !Task.isCancelled { await news.wait(on: context.loop) }
        guard begin(request) else { return }
      }
    } catch {
      end = error
    }
    isEnded = true
    news.wakeAll()
  }

  private func begin(_ request: SubmitStreamRequest) -> Bool {
    let number = first + inFlight.count
    let weight = Weight(
      messages: 1, orders: request.orders.count,
      bytes: request.orders.reduce(0) { $0 + $1.body.count })
    self.weight.add(weight, times: 1)
    inFlight.append(Message(position: request.position, weight: weight, outcome: .waiting))
    do throws(RPCError) {
      try checkOrder(of: request)
      try SubmitCommand(request, number, gate: gate, service, context, for: self).begin()
      return true
    } catch {
      ended(number, .refused(error))
      return false
    }
  }

  private func checkOrder(of request: SubmitStreamRequest) throws(RPCError) {
    guard request.position > position else {
      throw ForwardingRefusal.positionNotAscending.rpcError
    }
    guard ExactText(business ?? request.business) == ExactText(request.business) else {
      throw ForwardingRefusal.businessChanged.rpcError
    }
    business = request.business
    position = request.position
  }

  // MARK: - And are acknowledged

  /// A message was decided.
  func ended(_ number: Int, _ outcome: Outcome) {
    guard inFlight.indices.contains(number - first) else { return }
    inFlight[number - first].outcome = outcome
    news.wakeAll()
  }

  /// Acknowledges messages until the last.
  func acknowledge(_ responses: ResponseWriter<SubmitStreamResponse>) async throws(RPCError) {
    while true {
      while let response = nextResponse() { try await responses.write(response) }
      if let message = inFlight.first, case .refused(let error) = message.outcome {
        throw error.adding(metadata: ["position": "\(message.position)"])
      }
      if isEnded, inFlight.isEmpty {
        if let end { throw end }
        return
      }
      guard !Task.isCancelled else { throw Self.cancelled }
      await news.wait(on: context.loop)
    }
  }

  /// Of all that can be acknowledged.
  private func nextResponse() -> SubmitStreamResponse? {
    var response: SubmitStreamResponse?
    while let message = inFlight.first, case .taken(let orders) = message.outcome {
      inFlight.removeFirst()
      first += 1
      weight.add(message.weight, times: -1)
      var told = response ?? SubmitStreamResponse()
      told.acknowledgedThrough = message.position
      for order in orders {
        if order.isDuplicate { told.duplicates += 1 } else { told.taken += 1 }
      }
      response = told
    }
    if response != nil { news.wakeAll() }
    return response
  }
}

/// A message of a stream, as the writer decides it: only if the one before it took effect.
// @unchecked: as its superclass says.
private final class SubmitCommand: OrdersCall, @unchecked Sendable {
  private let number: Int
  private let gate: SubmitRun.Gate
  private let run: SubmitRun

  init(
    _ request: SubmitStreamRequest, _ number: Int, gate: SubmitRun.Gate,
    _ service: ForwardingService, _ context: ServerContext, for run: SubmitRun
  ) throws(RPCError) {
    self.number = number
    self.gate = gate
    self.run = run
    let orders = try ForwardingService.checked(
      request.business, request.orders, try context.principal)
    super.init(
      try StoreCalls.Change(
        unrepeatable: "SubmitStream", of: request.business, context,
        rows: ForwardingCalls.rows(of: orders)),
      orders, of: request.business, to: service)
  }

  override var isItsTurn: Bool { gate.next == number }

  override func tookEffect(in batch: Batch) {
    gate.next = number + 1
    batch.undo { [gate, number] in gate.next = number }
  }

  override var keptAnswer: [UInt8] { [] }

  override func decided() {
    switch outcome {
    case .success(let submitted): run.ended(number, .taken(submitted))
    case .failure(let refusal): run.ended(number, .refused(refusal.rpcError))
    case nil: run.ended(number, .refused(SubmitRun.skipped))
    }
  }

  override func repeated(_ kept: [UInt8]) { failed(RPCError(.internal, "it has no request_id")) }

  override func failed(_ error: RPCError) { run.ended(number, .refused(error)) }
}
