import Store
import StoreFaults
import Testing

/// Kill -9 leaves the page cache alive and proves no sync; these do.
@Suite struct PowerLossTests {
  let seed = SeededGenerator.seed()

  struct Receipt: Sendable {
    let account: String
    let number: Int64
    let requestID: String
  }

  func trial(_ configure: @escaping (inout StoreConfiguration) -> Void) -> PowerLoss<Receipt> {
    var trial = PowerLoss<Receipt>(seed: seed, states: [Ledger.self])
    trial.configure = configure
    return trial
  }

  /// Callers that book one after another, each with a request id of its own.
  static func work(
    _ store: DurableStore, _ receipts: Receipts<Receipt>, callers: Int = 6, bookings: Int = 60
  ) async {
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<callers {
        group.addTask {
          for booking in 0..<bookings {
            let id = "r\(caller)-\(booking)"
            let account = "account \((caller + booking) % 5)"
            let answer = try? await LedgerClient(store: store).book(1, to: account, id: id)
            if case .fresh(.booked(let number, _)) = answer {
              receipts.acknowledged(Receipt(account: account, number: number, requestID: id))
            }
          }
        }
      }
    }
  }

  static func check(_ store: DurableStore, _ receipts: [Receipt]) async throws -> [String] {
    var problems = try await LedgerClient(store: store).problems()
    let entries = try await LedgerClient(store: store).entries()
    for receipt in receipts where entries[receipt.number] != receipt.account {
      problems.append("entry \(receipt.number) was acknowledged and is lost")
    }
    // The answers are remembered with them.
    for receipt in receipts.prefix(5) + receipts.suffix(5) {
      let again = try await LedgerClient(store: store)
        .book(1, to: receipt.account, id: receipt.requestID)
      guard case .repeated(.booked(receipt.number, _)) = again else {
        problems.append("request \(receipt.requestID) was forgotten: \(again)")
        continue
      }
    }
    return problems
  }

  @Test func nothingAcknowledgedIsLostAndNothingIsHalf() async throws {
    let problems = try await trial { $0.checkpointPages = 60 }.run(
      work: { store, _, receipts in await Self.work(store, receipts) }, check: Self.check)
    #expect(problems.isEmpty)
  }

  @Test func itNoticesWhenSynchronousIsOff() async throws {
    let problems = try await trial { $0.sabotage.synchronousOff = true }.run(
      work: { store, _, receipts in await Self.work(store, receipts) }, check: Self.check)
    #expect(!problems.isEmpty)
  }

  @Test func itNoticesWhenAnswersComeBeforeTheCommit() async throws {
    var problems: [String] = []
    // The answer is a slow disk's sync ahead of its commit, so that callers have noted it before the sync is
    // done: where all cores are busy, a slower one's.
    for latency in [20_000, 80_000, 320_000] where problems.isEmpty {
      problems = try await trial { $0.sabotage.publishBeforeCommit = true }.run(
        work: { store, disk, receipts in
          disk.setSyncLatency(microseconds: latency)
          await Self.work(store, receipts, bookings: 20)
        }, check: Self.check)
    }
    #expect(!problems.isEmpty)
  }
}
