import Glibc
import RPC
import Testing

@testable import Numbers

@Suite struct TimeZoneRulesTests {
  /// Moments around changes: in the file's table, and after its end, where the rule counts.
  @Test(arguments: [
    ("UTC", 1_795_000_000, 0),
    ("+08:00", 0, 28_800),
    ("-03:30", 0, -12_600),
    ("Asia/Shanghai", 1_795_000_000, 28_800),
    ("Europe/Berlin", 1_774_745_999, 3_600),  // 2026-03-29 00:59:59Z
    ("Europe/Berlin", 1_774_746_000, 7_200),
    ("Europe/Berlin", 1_792_889_999, 7_200),  // 2026-10-25 00:59:59Z
    ("Europe/Berlin", 1_792_890_000, 3_600),
    ("Europe/Berlin", 4078429200, 7_200),  // 2099-03-29 01:00:00Z
    ("Europe/Berlin", 4078429199, 3_600),
    ("America/New_York", 4076636399, -18_000),  // 2099-03-08 06:59:59Z
    ("America/New_York", 4076636400, -14_400),
    ("Australia/Sydney", 4_089_000_000, 36_000),
    ("Australia/Sydney", 4_102_444_800, 39_600),  // 2100-01-01, summer there
    ("Asia/Kolkata", 4_102_444_800, 19_800),
    ("America/Nuuk", 4_102_444_800, -7_200),  // a rule with names in brackets
  ])
  func knowsOffsets(name: String, second: Int64, offset: Int) throws {
    let zone = try #require(try TimeZoneDatabase.system.zone(named: name))
    #expect(zone.offset(at: second) == offset)
  }

  @Test(arguments: [
    "", "Mars/Olympus", "../passwd", "/etc/passwd", "Europe/../UTC", "Europe", "+8:00", "+15:00",
    "+08:60", "+0800", "posixrules/", "zone.tab", "Europe/Berlin\u{0}",
    "right/UTC", "right/Europe/Berlin", "posix/Europe/Berlin", "localtime", "posixrules",
  ])
  func refusesNames(name: String) throws {
    #expect(try TimeZoneDatabase.system.zone(named: name) == nil)
  }

  @Test(arguments: [EMFILE, ENFILE, ENOMEM, EIO])
  func aNameIsNotUnknownBecauseItCannotBeRead(error: Int32) {
    let zones = TimeZoneDatabase(folder: "/zones") { _ in (-1, error) }
    #expect(throws: Refusal.timeZonesUnreadable) { try zones.zone(named: "Europe/Berlin") }
    #expect(Refusal.timeZonesUnreadable.error(in: .pool).code == .unavailable)
  }

  @Test func findsTheMomentOfALocalTime() throws {
    let zone = try #require(try TimeZoneDatabase.system.zone(named: "Europe/Berlin"))
    var civil = CivilTime(year: 2026, month: 10, day: 25)
    civil.hour = 2
    civil.minute = 30
    // 02:30 comes twice: the first is summer time.
    #expect(zone.second(of: civil) == 1_792_888_200)
    civil = CivilTime(year: 2026, month: 3, day: 29)
    civil.hour = 2
    civil.minute = 30
    // 02:30 doesn't come: it is the moment 90 minutes after 01:00.
    #expect(zone.second(of: civil) == 1_774_747_800)
    #expect(
      zone.civil(at: zone.second(of: CivilTime(year: 2026, month: 11, day: 21)) * 1_000_000)
        == CivilTime(year: 2026, month: 11, day: 21))
  }

  @Test(arguments: [
    "CET-1CEST,M3.5.0,M10.5.0/3", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "EST5",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "AAA4BBB,J60,J300/1:30:15",
  ])
  func readsRules(text: String) {
    #expect(DaylightRule(parsing: Array(text.utf8)[...]) != nil)
  }

  @Test(arguments: [
    "", "C", "CET", "CET-", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
    "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x", "<CET-1",
  ])
  func refusesRules(text: String) {
    #expect(DaylightRule(parsing: Array(text.utf8)[...]) == nil)
  }

  @Test func refusesBrokenFiles() throws {
    #expect(TimeZoneRules(name: "x", tzif: []) == nil)
    #expect(TimeZoneRules(name: "x", tzif: Array("TZif2".utf8)) == nil)
    #expect(TimeZoneRules(name: "x", tzif: [UInt8](repeating: 0xFF, count: 4_096)) == nil)
  }
}
