import API
import Dispatch
import EventLoop
import HTTP2
import Messages
import RPC
import Store
import Synchronization
import Testing

@testable import Numbers

/// Calls over the wire that wait for a store which is busy: their deadlines and cancellations count
/// there, too, and what is given up has not happened.
@Suite(.timeLimit(.minutes(10))) struct WaitingCallTests {
  /// Calls `body` with a channel to a server whose store is busy until `release` is called.
  private func run(
    _ body: (ClientChannel, StoredBook, _ release: @escaping @Sendable () -> Void) async throws ->
      Void
  ) async throws {
    let book = try StoredBook()
    let loops = try LoopGroup(count: 1)
    try loops.start()
    defer { loops.stop() }
    var router = Router()
    AllocationService(book.store) { _ in }.register(with: &router)
    LockingService(book.store).register(with: &router)
    let server = RPCServer(router: router, loops: loops)
    let address = try server.listen(on: SocketAddress(host: "127.0.0.1", port: 0))
    let channel = try await ClientChannel.connect(to: address, on: loops.next())
    let pool = Pool(business: "shop", template: "A{serial:6}")
    let _: CreatePoolResponse = try await call(channel, "CreatePool", CreatePoolRequest(pool: pool))

    let (isHeld, gate) = (Flag(), DispatchSemaphore(value: 0))
    let store = book.store
    let hold = Task {
      try await store.execute(caller: "test") { (_) throws(StoreError) in
        isHeld.set()
        gate.wait()
      }
    }
    while !isHeld.isSet { await Task.yield() }
    do {
      try await body(channel, book) { gate.signal() }
    } catch {
      gate.signal()
      throw error
    }
    try await hold.value
    channel.close()
    await server.shutdown(grace: .zero)
    await book.close()
  }

  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
  }

  private func call<Request: Message, Response: Message>(
    _ channel: ClientChannel, _ method: StaticString, _ request: Request, timeout: Duration? = nil
  ) async throws(RPCError) -> Response {
    try await channel.unary(
      service: "orderwire.v1.AllocationService", method: method, request,
      options: CallOptions(timeout: timeout))
  }

  private func allocate(
    _ channel: ClientChannel, timeout: Duration? = nil
  ) async throws(RPCError) -> [String] {
    let request = AllocateRequest(business: "shop", count: 1, holder: "me")
    let response: AllocateResponse = try await call(
      channel, "Allocate", request, timeout: timeout)
    return response.numbers.map(\.number)
  }

  private func code<Value>(_ body: () async throws(RPCError) -> Value) async -> StatusCode {
    do throws(RPCError) {
      _ = try await body()
      return .ok
    } catch {
      return error.code
    }
  }

  private func allocated(_ channel: ClientChannel) async throws(RPCError) -> Int64 {
    let response: GetCounterResponse = try await channel.unary(
      service: "orderwire.v1.LockingService", method: "GetCounter",
      GetCounterRequest(business: "shop"))
    return response.counter?.allocated ?? -1
  }

  /// Waits until the server has read how calls ended on `channel`: what is sent behind that is answered.
  private func hasReadWhatWasSent(_ channel: ClientChannel) async throws {
    let nope = await code { () async throws(RPCError) -> ParseNumberResponse in
      try await call(channel, "Nope", ParseNumberRequest())
    }
    try #require(nope == .unimplemented)
  }

  @Test func aDeadlineCountsWhileTheStoreIsBusy() async throws {
    try await run { channel, book, release async throws in
      let ended = await code { () throws(RPCError) in
        try await allocate(channel, timeout: .milliseconds(50))
      }
      #expect(ended == .deadlineExceeded)
      try await hasReadWhatWasSent(channel)
      release()
      #expect(try await allocated(channel) == 0)
    }
  }

  @Test func aCancellationCountsWhileTheStoreIsBusy() async throws {
    try await run { channel, book, release async throws in
      let task = Task { () -> Result<[String], RPCError> in
        do throws(RPCError) { return .success(try await allocate(channel)) } catch {
          return .failure(error)
        }
      }
      while book.store.queuedCommands < 1 { await Task.yield() }
      task.cancel()
      #expect(await code { () throws(RPCError) in try await task.value.get() } == .cancelled)
      try await hasReadWhatWasSent(channel)
      release()
      #expect(try await allocated(channel) == 0)
    }
  }

  /// A batch may be decided again when it was taken back, and what was refused at first may not be then.
  @Test func aCallThatIsDecidedAgainIsToldWhatItCameToAtLast() async throws {
    try await run { channel, book, release async throws in
      let store = book.store
      let state = store.state(of: NumberState.self)
      // Stops the business, and is what the batch fails with.
      let guilty = Task { () -> Result<Void, StoreError> in
        do throws(StoreError) {
          try await store.execute(caller: "guilty") { (batch) throws(StoreError) in
            _ = try state[batch].change(batch, CapacityLimits()) {
              (book, now, rows) throws(Refusal) in
              try book.stop(
                StopCommand(business: "shop", target: .business, principal: "", reason: "test"),
                at: now, rows: rows)
            }
            batch.write(Self.impossible) { _ in }
          }
          return .success(())
        } catch {
          return .failure(error)
        }
      }
      while store.queuedCommands < 1 { await Task.yield() }
      async let numbers = allocate(channel)
      while store.queuedCommands < 2 { await Task.yield() }
      release()
      #expect(try await numbers.count == 1)
      guard case .failure(.constraint) = await guilty.value else {
        Issue.record("what can't be written was")
        return
      }
      #expect(try await allocated(channel) == 1)
    }
  }

  /// Breaks a constraint when the batch is written, when all of it is decided.
  private static let impossible = Statement("INSERT INTO number_quota VALUES (NULL, '', '', 0)")

  /// What is given up is dropped because it was given up: whoever waits gets its number.
  @Test func aCallThatWaitsIsAnswered() async throws {
    try await run { channel, book, release async throws in
      async let numbers = allocate(channel, timeout: .seconds(60))
      while book.store.queuedCommands < 1 { await Task.yield() }
      release()
      #expect(try await numbers.count == 1)
      #expect(try await allocated(channel) == 1)
    }
  }
}
