// What a durable operation costs in the store alone: half of them insert a row of a number that is
// handed out, half change one, each with a request id; DESIGN.md's table of the writer.
//
//     swift run -c release store-bench [FOLDER] [SECONDS] [PAGES OF LOG BEFORE A CHECKPOINT]

import Glibc
import Store

@main
enum StoreBench {
  static func main() async throws {
    let arguments = CommandLine.arguments
    let folder = arguments.count > 1 ? arguments[1] : "."
    let seconds = arguments.count > 2 ? Int64(arguments[2]) ?? 5 : 5
    let pages = arguments.count > 3 ? Int(arguments[3]) : nil
    print(
      "batch limit  callers  ops/s  in a batch  writer CPU us/op  process CPU us/op  p50 ms  p99 ms  p99.9 ms"
    )
    for (batch, callers) in [(1, 64), (64, 64), (64, 512), (256, 256), (256, 1_024)] {
      let run = try Run(
        folder: folder, batch: batch, callers: callers, seconds: seconds, pages: pages)
      print(try await run.measure())
    }
  }
}

struct Run {
  let store: DurableStore
  let batch: Int
  let callers: Int
  let seconds: Int64
  private let path: String

  init(folder: String, batch: Int, callers: Int, seconds: Int64, pages: Int?) throws {
    path = "\(folder)/store-bench.db"
    for suffix in ["", "-wal", "-shm", "-lock"] { unlink(path + suffix) }
    var configuration = StoreConfiguration(path: path)
    configuration.batchCommands = batch
    if let pages { configuration.checkpointPages = pages }
    store = try DurableStore.open(configuration, states: [Desk.self])
    self.batch = batch
    self.callers = callers
    self.seconds = seconds
  }

  func measure() async throws -> String {
    let desk = store.state(of: Desk.self)
    let before = try await usage(desk)
    let end = microseconds(CLOCK_MONOTONIC) + seconds * 1_000_000
    let waits = try await withThrowingTaskGroup(of: [Int64].self) { group in
      for caller in 0..<callers {
        group.addTask { try await work(caller, until: end, desk) }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }.sorted()
    let after = try await usage(desk)
    await store.close()
    let operations = Double(waits.count)
    let columns = [
      operations / (Double(after.wall - before.wall) / 1e6),
      operations / Double(max(1, after.batches - before.batches)),
      Double(after.writer - before.writer) / operations,
      Double(after.process - before.process) / operations,
      Double(waits[waits.count / 2]) / 1_000, Double(waits[waits.count * 99 / 100]) / 1_000,
      Double(waits[waits.count * 999 / 1_000]) / 1_000,
    ]
    for suffix in ["", "-wal", "-shm", "-lock"] { unlink(path + suffix) }
    return ([batch, callers].map { "\($0)" } + columns.map { "\(($0 * 10).rounded() / 10)" })
      .joined(separator: "  ")
  }

  private func work(
    _ caller: Int, until end: Int64, _ desk: WriterConfined<Desk>
  ) async throws -> [Int64] {
    var waits: [Int64] = []
    var number: Int64 = 0
    while true {
      let start = microseconds(CLOCK_MONOTONIC)
      if start >= end { return waits }
      let key = RequestKey(
        caller: "caller \(caller)", business: "shop", method: "orderwire.v1.Desk/Do",
        requestID: "0190a5c2-\(caller)-7000-8000-\(waits.count)",
        bodyHash: Array(repeating: UInt8(truncatingIfNeeded: caller), count: 32))
      let isHandingOut = waits.count.isMultiple(of: 2)
      let done = number
      let answer = try await store.execute(
        request: key, rows: 1, encode: { Array("\($0)".utf8) },
        decode: { Int64(String(decoding: $0, as: UTF8.self)) ?? 0 }, isRefusal: { _ in false }
      ) { batch in
        isHandingOut ? desk[batch].handOut(batch) : desk[batch].complete(done, batch)
      }
      if case .fresh(let value) = answer { number = value }
      waits.append(microseconds(CLOCK_MONOTONIC) - start)
    }
  }

  private func usage(
    _ desk: WriterConfined<Desk>
  ) async throws -> (wall: Int64, writer: Int64, process: Int64, batches: Int64) {
    let (writer, batches) = try await store.execute(caller: "bench") { batch in
      (microseconds(CLOCK_THREAD_CPUTIME_ID), desk[batch].batches)
    }
    return (
      microseconds(CLOCK_MONOTONIC), writer, microseconds(CLOCK_PROCESS_CPUTIME_ID), batches
    )
  }
}

func microseconds(_ clock: clockid_t) -> Int64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}

/// About what the order numbers keep for a number.
final class Desk: WriterState {
  static let capability = "desk"
  static let migrations = [
    Migration(
      number: 1,
      sql: """
        CREATE TABLE held (
          business TEXT NOT NULL, number BIGINT NOT NULL, holder TEXT NOT NULL,
          generation BIGINT NOT NULL, state BIGINT NOT NULL, expire_us BIGINT NOT NULL,
          PRIMARY KEY (business, number)
        ) WITHOUT ROWID;
        CREATE TABLE counter (business TEXT NOT NULL PRIMARY KEY, completed BIGINT NOT NULL);
        INSERT INTO counter VALUES ('shop', 0);
        """)
  ]
  private static let add = Statement("INSERT INTO held VALUES ($1, $2, $3, $4, $5, $6)")
  private static let complete = Statement(
    "UPDATE held SET state = 2 WHERE business = $1 AND number = $2")
  private static let count = Statement("UPDATE counter SET completed = $1 WHERE business = 'shop'")

  private var next: Int64 = 1
  private var completed: Int64 = 0
  private(set) var batches: Int64 = 0

  init(loading connection: ReadConnection, store: StoreInfo) throws(StoreError) {}

  func handOut(_ batch: Batch) -> Int64 {
    let number = next
    next += 1
    batch.undo { [self] in next = number }
    batch.write(Self.add) { row in
      row.bind("shop")
      row.bind(number)
      row.bind("holder of the number")
      row.bind(1)
      row.bind(1)
      row.bind(batch.boot)
    }
    return number
  }

  func complete(_ number: Int64, _ batch: Batch) -> Int64 {
    completed += 1
    batch.undo { [self] in completed -= 1 }
    batch.write(Self.complete) { row in
      row.bind("shop")
      row.bind(number)
    }
    return number
  }

  func willCommit(_ batch: Batch) {
    let completed = completed
    batch.write(Self.count) { $0.bind(completed) }
  }

  func didCommit() { batches += 1 }
}
