import Testing

@testable import Numbers

@Suite struct CivilTimeTests {
  @Test(arguments: [
    (0, 1970, 1, 1), (-1, 1969, 12, 31), (59, 1970, 3, 1), (11_016, 2000, 2, 29),
    (11_017, 2000, 3, 1), (20_778, 2026, 11, 21), (47_540, 2100, 2, 28), (47_541, 2100, 3, 1),
    (-719_162, 1, 1, 1), (2_932_896, 9999, 12, 31),
  ])
  func countsDays(days: Int, year: Int, month: Int, day: Int) {
    let civil = CivilTime(year: year, month: month, day: day)
    #expect(civil.daysSinceEpoch == days)
    #expect(CivilTime(daysSinceEpoch: days) == civil)
  }

  @Test func everyDayOfFourCenturiesComesBack() {
    for days in -73_000...73_100 {
      #expect(CivilTime(daysSinceEpoch: days).daysSinceEpoch == days)
    }
  }

  @Test(arguments: [
    (2024, 2, 29, true), (2023, 2, 29, false), (2100, 2, 29, false), (2000, 2, 29, true),
    (2026, 4, 31, false), (2026, 13, 1, false), (2026, 0, 1, false), (2026, 1, 0, false),
  ])
  func knowsWhichDaysExist(year: Int, month: Int, day: Int, exists: Bool) {
    #expect(CivilTime(year: year, month: month, day: day).exists == exists)
  }

  @Test func takesAMomentApart() {
    let civil = CivilTime(microseconds: -1, offsetSeconds: 0)
    #expect((civil.year, civil.month, civil.day) == (1969, 12, 31))
    #expect((civil.hour, civil.minute, civil.second, civil.millisecond) == (23, 59, 59, 999))
    #expect(CivilTime(year: 2024, month: 12, day: 31).dayOfYear == 366)
  }
}
