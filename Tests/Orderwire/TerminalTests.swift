import API
import ArgumentParser
import Messages
import RPC
import Testing

@testable import orderwire

@Suite struct TerminalTests {
  @Test(arguments: [
    ("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800), ("0s", 0),
    ("9223372036854775807s", Int64.max),
  ])
  func readsTimes(text: String, seconds: Int64) {
    #expect(DurationArgument(argument: text)?.seconds == seconds)
  }

  @Test(arguments: ["", "s", "10", "-1s", "1.5h", "10 m", "1w", "9223372036854775807m", "٣s"])
  func refusesOtherTimes(text: String) {
    #expect(DurationArgument(argument: text) == nil)
  }

  @Test func asksForNumbers() throws {
    let request = try AllocateCommand.parse([
      "shop", "--count", "3", "--holder", "me", "--lease", "15m", "--request-id", "r",
    ]).request()
    #expect(
      request
        == AllocateRequest(
          business: "shop", count: 3, holder: "me", lease: .leaseTTL(ProtoDuration(seconds: 900)),
          requestID: "r"))
    let attached = try AllocateCommand.parse(["shop", "--lease-id", "7"]).request()
    #expect(attached.lease == .leaseID(7) && attached.count == 1)
    #expect(attached.holder.contains("@") && attached.requestID.count == 36)
  }

  @Test func asksForAPool() throws {
    let request = try MakePool.parse([
      "shop", "S{serial:6}", "--serial-period", "daily", "--reuse", "never", "--lease-mode", "none",
      "--quarantine", "5m", "--low-watermark", "0", "--request-id", "r",
    ]).request()
    let pool = API.Pool(
      business: "shop", template: "S{serial:6}", serialPeriod: .daily, lowWatermark: 0,
      reusePolicy: .never, quarantine: ProtoDuration(seconds: 300), leaseMode: .none)
    #expect(request == CreatePoolRequest(pool: pool, requestID: "r"))
    let least = try MakePool.parse(["shop", "{serial:6}"]).request()
    #expect(least.pool == API.Pool(business: "shop", template: "{serial:6}"))
  }

  @Test func asksForEvents() throws {
    let oldest = try WatchCommand.parse(["shop", "--from-oldest", "--holder", "me"])
    #expect(
      oldest.request(after: nil)
        == WatchLocksRequest(business: "shop", fromOldest: true, holder: "me"))
    // Once there is a cursor the flags no longer say where to begin.
    #expect(
      oldest.request(after: "c") == WatchLocksRequest(business: "shop", cursor: "c", holder: "me"))
    let resumed = try WatchCommand.parse(["shop", "--cursor", "a", "--max-updates", "2"])
    #expect(
      resumed.request(after: nil)
        == WatchLocksRequest(business: "shop", cursor: "a", maxUpdatesPerSecond: 2))
    #expect(resumed.request(after: "b").cursor == "b")
  }

  @Test func alignsForAPersonOnly() {
    let table = TextTable(head: ["A", "LONG"], rows: [["xxx", "y"], ["é", "z"]])
    #expect(table.lines(isTerminal: true) == ["A    LONG", "xxx  y", "é    z"])
    #expect(table.lines(isTerminal: false) == ["xxx\ty", "é\tz"])
    #expect(TextTable(head: ["A"]).lines(isTerminal: true) == ["A"])
    #expect(TextTable(head: []).lines(isTerminal: true).isEmpty)
  }

  @Test func letsNobodyCommandTheTerminal() {
    #expect(printable("a\u{1B}[2J\tb\n\u{9B}c") == "a\u{FFFD}[2J\u{FFFD}b\u{FFFD}\u{FFFD}c")
    let row = TextTable(head: [], rows: [["a\tb", "c"]]).lines(isTerminal: false)
    #expect(row == ["a\u{FFFD}b\tc"])
  }

  @Test(arguments: [
    (StatusCode.unavailable, EndStatus.unavailable), (.deadlineExceeded, .unavailable),
    (.resourceExhausted, .refusedForNow), (.aborted, .refusedForNow), (.notFound, .refused),
    (.invalidArgument, .refused), (.internal, .refused), (.unauthenticated, .refused),
  ])
  func namesTheReason(code: StatusCode, status: EndStatus) {
    let failure = CommandFailure(
      RPCError(code, reason: "WHY", "it is so").retrying(after: .milliseconds(1500)))
    #expect(
      failure == CommandFailure(status, "it is so (\(code), WHY, try again in 1.500s)"))
    #expect(CommandFailure(RPCError(code, "so")) == CommandFailure(status, "so (\(code))"))
  }
}
