/// A call with a request id whose caller is a task that waits for the outcome.
// @unchecked: as its superclass says; `caller` is set before `begin`.
final class AwaitedRequest<Value: Sendable>: RequestCommand, @unchecked Sendable {
  enum Outcome {
    case decided(Value)
    /// Any other than `decided`.
    case ended(Ending)
  }

  private let encode: @Sendable (Value) -> [UInt8]
  private let isRefusal: @Sendable (Value) -> Bool
  private let body: @Sendable (Batch) throws(StoreError) -> Value
  private var value: Value?
  private var caller: UnsafeContinuation<Ending, Never>?

  init(
    request: RequestKey, deadline: BootTime?, rows: Int,
    encode: @escaping @Sendable (Value) -> [UInt8], isRefusal: @escaping @Sendable (Value) -> Bool,
    _ body: @escaping @Sendable (Batch) throws(StoreError) -> Value
  ) {
    self.encode = encode
    self.isRefusal = isRefusal
    self.body = body
    super.init(request: request, deadline: deadline, rows: rows)
  }

  override func takeEffect(in batch: Batch) throws(StoreError) -> Bool {
    let value = try body(batch)
    self.value = value
    return !isRefusal(value)
  }

  override var keptAnswer: [UInt8] { value.map(encode) ?? [] }

  override func ended(_ ending: Ending) { caller.take()?.resume(returning: ending) }

  func run(in store: DurableStore) async -> Outcome {
    let ending = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        caller = continuation
        store.begin(self)
      }
    } onCancel: {
      withdraw()
    }
    if case .decided = ending, let value { return .decided(value) }
    return .ended(ending)
  }
}
