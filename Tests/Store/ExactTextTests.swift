import Testing

@testable import Store

@Suite struct ExactTextTests {
  /// Pairs that Swift takes for equal.
  @Test(arguments: [
    ("caf\u{e9}", "cafe\u{301}"), ("K", "\u{212a}"), ("\u{c5}", "\u{212b}"),
    // The same number of bytes.
    ("a\u{327}\u{301}", "a\u{301}\u{327}"),
  ])
  func differentBytesAreDifferentNames(one: String, other: String) {
    #expect(one == other)
    #expect(ExactText(one) != ExactText(other) && ExactText(other) != ExactText(one))
    #expect(Set([one, other, one].map { ExactText($0) }).count == 2)
    #expect((ExactText(one) < ExactText(other)) != (ExactText(other) < ExactText(one)))
    #expect(ExactText(one).hashValue != ExactText(other).hashValue)
  }

  @Test(arguments: [
    "", "a", "caf\u{e9}", "cafe\u{301}", "\u{212a}", "👨‍👩‍👧", "\r\n",
    "a long name of plain letters",
  ])
  func theSameBytesAreOneName(text: String) {
    // Another copy, and one that Swift keeps in another way.
    let copies = [
      String(decoding: Array(text.utf8), as: UTF8.self), String((text + "|").dropLast()),
      String(text.unicodeScalars.map(Character.init)),
    ]
    for copy in copies {
      #expect(ExactText(text) == ExactText(copy))
      #expect(ExactText(text).hashValue == ExactText(copy).hashValue)
      #expect(!(ExactText(text) < ExactText(copy)))
    }
  }

  @Test func theOrderIsThatOfTheBytes() {
    let names: [ExactText] = [
      "b", "cafe\u{301}", "caf\u{e9}", "", "caff", "B", "\u{10000}", "\u{ffff}",
    ]
    let bytes = names.map { Array($0.text.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    #expect(names.sorted().map { Array($0.text.utf8) } == bytes)
  }
}
