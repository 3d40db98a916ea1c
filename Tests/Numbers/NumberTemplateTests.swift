import Testing

@testable import Numbers

@Suite struct NumberTemplateTests {
  @Test(arguments: [
    ("{serial:1}", SerialPeriod.never),
    ("{serial:18}", .never),
    ("{serial:12,36}", .never),
    ("{business}-{serial:6}", .never),
    ("{timestamp:HHmmssSSS}{serial:6}", .never),
    ("{timestamp:yyyy}{serial:6}", .yearly),
    ("{timestamp:yyMM}{serial:6}", .monthly),
    ("{timestamp:yyDDD}{serial:6}", .monthly),
    ("{timestamp:yyyyMMdd}{serial:6}{check:11,10}", .daily),
    ("{timestamp:dd.MM.yy}/{serial:6,36}{check:37,36}", .daily),
    ("{timestamp:yyyyDDDHHmmss}{serial:6,10}", .daily),
  ])
  func accepts(text: String, period: SerialPeriod) throws {
    #expect(try NumberTemplate(parsing: text, period: period).text == text)
  }

  @Test(arguments: [
    ("", SerialPeriod.never, TemplateProblem.Reason.empty, 0),
    ("SO", .never, .serialMissing, 2),
    ("SO {serial:6}", .never, .characterNotAllowed, 2),
    ("SÖ{serial:6}", .never, .characterNotAllowed, 1),
    ("SO{serial:6", .never, .braceNotClosed, 2),
    ("SO}{serial:6}", .never, .braceNotOpened, 2),
    ("{serial:6}{}", .never, .unknownPart, 11),
    ("{Serial:6}", .never, .unknownPart, 1),
    ("{business:x}{serial:6}", .never, .unknownPart, 1),
    ("{serial}", .never, .serialWidthInvalid, 7),
    ("{serial:}", .never, .serialWidthInvalid, 8),
    ("{serial:0}", .never, .serialWidthInvalid, 8),
    ("{serial:19}", .never, .serialWidthInvalid, 8),
    ("{serial:13,36}", .never, .serialWidthInvalid, 8),
    ("{serial:6,16}", .never, .serialRadixInvalid, 10),
    ("{serial:6,}", .never, .serialRadixInvalid, 10),
    ("{serial:6}{serial:6}", .never, .serialTwice, 10),
    ("{timestamp:yy}{timestamp:yy}{serial:6}", .never, .timestampTwice, 14),
    ("{timestamp:}{serial:6}", .never, .timestampPatternInvalid, 11),
    ("{timestamp:-}{serial:6}", .never, .timestampPatternInvalid, 11),
    ("{timestamp:yyyyyy}{serial:6}", .never, .timestampPatternInvalid, 11),
    ("{timestamp:yyyyMMMM}{serial:6}", .never, .timestampPatternInvalid, 17),
    ("{timestamp:yyyyMMddDDD}{serial:6}", .never, .timestampPatternInvalid, 11),
    ("{timestamp:yyyyx}{serial:6}", .never, .timestampPatternInvalid, 15),
    ("{serial:6}{check:11,10}-", .never, .checkNotLast, 23),
    ("{serial:6}{check:}", .never, .checkInvalid, 17),
    ("{serial:6,36}{check:11,10}", .never, .checkPassesOverSerial, 26),
    ("{serial:6}", .daily, .periodNotShown, 10),
    ("{timestamp:yyyyMM}{serial:6}", .daily, .periodNotShown, 28),
    ("{timestamp:MMdd}{serial:6}", .daily, .periodNotShown, 26),
    ("{timestamp:yyyydd}{serial:6}", .monthly, .periodNotShown, 28),
    ("{timestamp:MMdd}{serial:6}", .yearly, .periodNotShown, 26),
  ])
  func refuses(
    text: String, period: SerialPeriod, reason: TemplateProblem.Reason, position: Int
  ) {
    #expect(throws: TemplateProblem(reason, at: position)) {
      try NumberTemplate(parsing: text, period: period)
    }
  }

  @Test func refusesWhatIsTooLong() {
    let long = String(repeating: "x", count: 250) + "{serial:6}"
    #expect(throws: TemplateProblem(.tooLong, at: 256)) {
      try NumberTemplate(parsing: long, period: .never)
    }
    #expect(throws: TemplateProblem(.numberTooLong, at: 69)) {
      try Forms.form(String(repeating: "x", count: 59) + "{serial:6}")
    }
  }
}

/// Forms for the tests.
enum Forms {
  static func form(
    _ template: String, _ period: SerialPeriod = .never, zone: String = "UTC",
    business: String = "shop"
  ) throws -> NumberForm {
    let zone = try #require(try TimeZoneDatabase.system.zone(named: zone))
    return try NumberForm(
      business: business, template: NumberTemplate(parsing: template, period: period),
      period: period, zone: zone)
  }
}
