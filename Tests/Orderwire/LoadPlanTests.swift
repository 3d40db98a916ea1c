import API
import EventLoop
import HTTP2
import RPC
import Testing

@testable import orderwire

@Suite struct LoadPlanTests {
  static func plan(rate: Double?) -> LoadPlan {
    LoadPlan(
      business: "b", count: 1, completes: true, connections: 2, streams: 3, warmup: .zero,
      measured: .seconds(1), calls: nil, rate: rate)
  }

  @Test func aCallOfAnOpenLoopIsDueWhateverBecameOfTheOthers() {
    let start = MonotonicTime(nanoseconds: 1000)
    #expect(Self.plan(rate: nil).due(call: 5, start: start) == nil)
    let plan = Self.plan(rate: 1000)
    #expect(plan.due(call: 0, start: start) == start)
    let fifth = plan.due(call: 5, start: start)?.nanoseconds ?? 0
    #expect(abs(fifth - (1000 + 5_000_000)) <= 1)
  }

  @Test(arguments: [
    (10, 0, 10, true), (10, 3, 13, true), (10, 3, 14, false), (10, 0, 9, false), (10, 0, 11, false),
  ])
  func comparesTheCountersWithWhatWasAcknowledged(
    acknowledged: Int, unsure: Int, counted: Int64, isConsistent: Bool
  ) {
    var result = LoadRun.Result()
    result.before.allocated = 100
    result.after.allocated = 100 + counted
    result.tally.allocated = acknowledged
    result.tally.unsureAllocated = unsure
    let report = result.report(Self.plan(rate: nil))
    #expect(report.isConsistent == isConsistent)
    #expect(report.lines.contains { $0.hasSuffix("WRONG") } == !isConsistent)
  }

  @Test func reportsRateAndPercentiles() {
    var result = LoadRun.Result()
    result.seconds = 2
    result.cpu = .milliseconds(1)
    result.ownCPU = .milliseconds(500)
    for microseconds in 1...100 { result.tally.latencies.record(microseconds * 10_000) }
    let lines = result.report(Self.plan(rate: 50)).lines
    #expect(lines[0] == "2 connections of 3, open loop, 50 a second, Allocate and Complete of 1")
    #expect(
      lines[1] == "50 /s  p50 0.50 ms  p99 0.99 ms  p99.9 1.00 ms  max 1.0 ms  server CPU 10.0 µs")
    #expect(
      lines[2] == "the bench: CPU 25 % of 1 loops, began calls late by p50 0.00 p99 0.00 ms")
  }

  @Test func saysWhenTheBenchItselfIsTheLimit() {
    var result = LoadRun.Result()
    result.seconds = 2
    result.loops = 2
    for (cpu, isLimit) in [(3.5, false), (3.7, true)] {
      result.ownCPU = .seconds(cpu)
      let lines = result.report(Self.plan(rate: nil)).lines
      #expect(lines.contains { $0.hasPrefix("The bench is the limit") } == isLimit)
    }
  }

  @Test func tellsTheMemoryOfIdleConnections() throws {
    let loops = try LoopGroup(count: 1)
    let target = LoadTarget(
      address: try SocketAddress(host: "127.0.0.1", port: 1), tls: nil, serverName: nil,
      loops: loops)
    let run = IdleRun(target: target, connections: 1000, streams: 0, hold: .zero, serverPID: 1)
    let result = IdleRun.Result(before: 10 << 20, after: 30 << 20)
    #expect(
      result.report(run)[1]
        == "server memory 10.0 MiB before, 30.0 MiB with them: 20.0 MiB more, 20.5 KiB a connection"
    )
  }
}
