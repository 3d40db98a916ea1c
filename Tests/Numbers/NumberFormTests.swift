import Testing

@testable import Numbers

@Suite struct NumberFormTests {
  /// 2026-11-21 15:59:59.999 UTC: a second before midnight in Shanghai.
  static let moment: Int64 = 1_795_276_799_999_000

  @Test(arguments: [
    ("{serial:6}", "UTC", 1, "000001"),
    ("{serial:6}", "UTC", 999_999, "999999"),
    ("{serial:4,36}", "UTC", 36 * 36 + 35, "010Z"),
    ("SO-{business}-{serial:2}", "UTC", 7, "SO-shop-07"),
    ("{timestamp:yyyyMMdd}{serial:3}", "UTC", 5, "20261121005"),
    ("{timestamp:yyyyMMdd}{serial:3}", "Asia/Shanghai", 5, "20261121005"),
    ("{timestamp:yyMMdd-HH:mm:ss.SSS}/{serial:3}", "Asia/Shanghai", 5, "261121-23:59:59.999/005"),
    ("{timestamp:yyyyDDD}{serial:3}", "UTC", 5, "2026325005"),
    ("079{serial:1}{check:11,10}", "UTC", 4, "07945"),
    ("A12425GABC123400{serial:1}{check:37,36}", "UTC", 2, "A12425GABC1234002M"),
  ])
  func makesAndReadsNumbers(template: String, zone: String, serial: Int64, number: String) throws {
    let form = try Forms.form(template, zone: zone)
    let skeleton = try #require(form.skeleton(at: Self.moment))
    #expect(form.number(skeleton, serial: serial, period: 0) == number)
    #expect(form.matches(number, skeleton, serial: serial, period: 0))
    #expect(!form.matches(number, skeleton, serial: serial - 1, period: 0))
    let parsed = try form.parse(number)
    #expect(parsed.serial == serial)
    #expect(parsed.period == 0)
  }

  @Test func theLastSerialFillsItsWidth() throws {
    #expect(try Forms.form("{serial:1}").lastSerial == 9)
    #expect(try Forms.form("{serial:18}").lastSerial == 999_999_999_999_999_999)
    #expect(try Forms.form("{serial:12,36}").lastSerial == 4_738_381_338_321_616_895)
  }

  @Test(arguments: [
    (SerialPeriod.daily, "{timestamp:yyyyMMdd}{serial:3}", "2026-11-21", "2026-11-22"),
    (.monthly, "{timestamp:yyyyMM}{serial:3}", "2026-11", "2026-11"),
    (.yearly, "{timestamp:yyyy}{serial:3}", "2026", "2026"),
    (.never, "{serial:3}", "", ""),
  ])
  func periodsChangeInThePoolsZone(
    period: SerialPeriod, template: String, before: String, after: String
  ) throws {
    let form = try Forms.form(template, period, zone: "Asia/Shanghai")
    #expect(period.text(form.period(at: Self.moment)) == before)
    #expect(period.text(form.period(at: Self.moment + 1_000)) == after)
    // The number says the same of its period as the generator did.
    let skeleton = try #require(form.skeleton(at: Self.moment + 1_000))
    let parsed = try form.parse(form.number(skeleton, serial: 1, period: 0))
    #expect(parsed.period == form.period(at: Self.moment + 1_000))
  }

  @Test(arguments: [
    ("SO261121000425", NumberProblem.Kind.length, 14),
    ("SO26112100042120", .length, 15),
    ("XO2611210000420", .literal, 0),
    ("SO26x1210000420", .timestamp, 4),
    ("SO2613210000420", .timestamp, 2),
    ("SO2602300000420", .timestamp, 2),
    ("SO26112100x0420", .serial, 10),
    ("SO2611210000000", .serial, 8),
    ("SO2611210000421", .check, 14),
  ])
  func saysWhereANumberIsWrong(number: String, kind: NumberProblem.Kind, position: Int) throws {
    let form = try Forms.form("SO{timestamp:yyMMdd}{serial:6}{check:11,10}", .daily)
    #expect(throws: NumberProblem(kind: kind, position: position)) { try form.parse(number) }
  }

  /// Whatever bytes come, and numbers with one byte changed, are read without a trap; what is read as
  /// a number is exactly that number.
  @Test(arguments: [
    "{timestamp:yyyyMMddHHmmssSSS}-{serial:6}{check:11,10}", "{timestamp:yyDDD}{serial:5,36}",
    "SO{business}{serial:18}", "{serial:12,36}{check:37,36}",
  ])
  func readsWhateverComes(template: String) throws {
    let form = try Forms.form(template)
    let skeleton = try #require(form.skeleton(at: Self.moment))
    var random = SeededRandom(seed: 11)
    for round in 0..<5_000 {
      var bytes = Array(
        form.number(skeleton, serial: Int64.random(in: 1...99, using: &random), period: 0).utf8)
      for _ in 0..<(round % 4) {
        let place = Int.random(in: bytes.indices, using: &random)
        bytes[place] = UInt8.random(in: round % 3 == 0 ? 0...255 : 0x30...0x5A, using: &random)
      }
      let text = String(decoding: bytes, as: UTF8.self)
      guard let parsed = try? form.parse(text) else { continue }
      #expect(form.serial(of: text, period: 0) == parsed.serial)
      #expect(parsed.serial > 0 && parsed.serial <= form.lastSerial)
    }
  }

  @Test(arguments: [
    ("A{serial:3}", "A{serial:4}", false),
    ("A{serial:3}", "B{serial:3}", false),
    ("A{serial:3}", "A{serial:3}", true),
    ("A{serial:3}", "{serial:4,36}", true),
    ("a{serial:3}", "{serial:4,36}", false),
    ("A{serial:3}", "{serial:4}", false),
    ("1{serial:3}", "{serial:4}", true),
    ("{timestamp:yyyy}{serial:4}", "{serial:4}{timestamp:yyyy}", true),
    ("{timestamp:yyyy}-{serial:4}", "{timestamp:yyyy}{serial:5}", false),
    ("{business}{serial:4}", "shop{serial:4}", true),
    ("{serial:4}{check:11,10}", "{serial:5}", true),
    ("X{serial:4}{check:37,36}", "{serial:5}{check:11,10}", false),
  ])
  func knowsWhichTemplatesMayOverlap(one: String, other: String, overlap: Bool) throws {
    let (one, other) = (try Forms.form(one), try Forms.form(other))
    #expect(one.mayOverlap(other) == overlap)
    #expect(other.mayOverlap(one) == overlap)
  }

  @Test(arguments: [
    ("{timestamp:yy}{serial:3}", 4_102_444_799, true),
    ("{timestamp:yy}{serial:3}", 4_102_444_800, false),
    ("{timestamp:yyyy}{serial:3}", 4_102_444_800, true), ("{serial:3}", 4_102_444_800, true),
  ])
  func showsOnlyYearsThatFit(template: String, second: Int64, shown: Bool) throws {
    let form = try Forms.form(template)
    #expect((form.skeleton(at: second * 1_000_000) != nil) == shown)
  }
}
