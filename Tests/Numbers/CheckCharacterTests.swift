import Testing

@testable import Numbers

@Suite struct CheckCharacterTests {
  /// The first of each kind is an example that the standard's users publish.
  @Test(arguments: [
    (CheckCharacter.mod11and10, "0794", "5"),
    (.mod11and10, "079", "2"),
    (.mod11and10, "SO-0794", "5"),
    (.mod11and10, "", "1"),
    (.mod37and36, "A12425GABC1234002", "M"),
    (.mod37and36, "a12425gabc1234002", "M"),
    (.mod37and36, "A1-2425G-ABC1234002-", "M"),
  ])
  func computes(kind: CheckCharacter, number: String, check: String) {
    #expect(kind.compute(over: number.utf8.span) == check.utf8.first)
  }

  @Test(arguments: [CheckCharacter.mod11and10, .mod37and36])
  func findsEverySingleWrongDigit(kind: CheckCharacter) {
    let digits = Array("0123456789".utf8)
    let right = Array("2026112100004217".utf8)
    let check = kind.compute(over: right.span)
    for position in right.indices {
      for digit in digits where digit != right[position] {
        var wrong = right
        wrong[position] = digit
        #expect(kind.compute(over: wrong.span) != check)
      }
    }
  }
}
