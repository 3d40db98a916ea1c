import StoreFaults
import Testing

@testable import Store

@Suite struct RequestTableTests {
  /// Against a list that is searched through: many tags collide, and many are next to each other.
  @Test func itFindsWhatAListFinds() {
    let seed = SeededGenerator.seed()
    var random = SeededGenerator(seed: seed)
    var table = RequestTable()
    var list: [(tag: UInt32, sequence: Int64)] = []
    // Around where the low half of the sequence wraps.
    var next: Int64 = 3 << 32 - 2_000
    for step in 0..<12_000 {
      let tag = UInt32.random(in: 0..<40, using: &random) << 24 | UInt32.random(in: 0..<30)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        next += UInt32(truncatingIfNeeded: next + 1) == 0 ? 2 : 1
        table.insert(tag, next)
        list.append((tag, next))
      case 5..<8:
        if let index = list.indices.randomElement(using: &random) {
          let gone = list.remove(at: index)
          table.remove(gone.tag, gone.sequence)
        }
      default:
        let found = table.sequences(tag, newest: next).sorted()
        let expected = list.filter { $0.tag == tag }.map(\.sequence)
        #expect(found == expected, "seed \(seed), step \(step)")
      }
      #expect(table.count == list.count)
    }
  }

  @Test func removingWhatIsNotThereChangesNothing() {
    var table = RequestTable()
    table.remove(7, 7)
    table.insert(7, 1)
    table.remove(7, 2)
    #expect(table.sequences(7, newest: 9) == [1])
  }
}

@Suite struct RequestAgeTests {
  @Test(arguments: [
    ("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", Int64?.some(1_645_557_742_000)),
    ("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", 1_645_557_742_000),
    ("017f22e2-79b0-4cc3-98c4-dc0c0c07398f", nil),  // version 4
    ("017f22e2-79b0-7cc3-c8c4-dc0c0c07398f", nil),  // not the variant
    ("017f22e279b07cc398c4dc0c0c07398f", nil), ("017f22e2-79b0-7cc3-98c4-dc0c0c07398", nil),
    ("017f22e2-79b0-7cc3-98c4-dc0c0c07398g", nil), ("", nil),
    ("017f22e2x79b0-7cc3-98c4-dc0c0c07398f", nil),
  ])
  func onlyVersionSevenCarriesItsTime(_ id: String, milliseconds: Int64?) {
    #expect(RequestAge.time(ofID: id)?.microseconds == milliseconds.map { $0 * 1_000 })
  }
}

@Suite struct SipHashTests {
  @Test func itIsStableAndKeyed() {
    let hash = SipHash(key0: 1, key1: 2)
    #expect(hash.hash("a", "b") == SipHash(key0: 1, key1: 2).hash("a", "b"))
    #expect(hash.hash("a", "b") != SipHash(key0: 1, key1: 3).hash("a", "b"))
    #expect(hash.hash("ab", "") != hash.hash("a", "b"))
    #expect(hash.hash("", "ab") != hash.hash("ab", ""))
  }

  /// As another implementation has it, which gives the published values for SipHash-2-4: stores have such
  /// hashes. Texts that end within a word, at its end and behind it.
  @Test(
    arguments: [
      (["", ""], 0x171b_95df_7b16_5311),
      (
        ["shop", "", "Allocate", "018bcfe5-6800-7000-8000-000000000001"],
        0x3553_54d8_2439_4876
      ),
      (["1234567", "12345678", "123456789"], 0xa807_c5ff_a8b8_1168),
      ([String(repeating: "é", count: 40)], 0xac66_0d46_c5a0_7137),
    ] as [([String], UInt64)])
  func itsValuesStayTheSame(_ texts: [String], _ value: UInt64) {
    let hash = SipHash(key0: 0x0706_0504_0302_0100, key1: 0x0f0e_0d0c_0b0a_0908)
    #expect(hash.hash(texts) == value)
  }
}
