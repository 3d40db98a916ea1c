import API
import Messages
import RPC
import Testing

@testable import Numbers

/// What is written by hand is held to what is generated.
@Suite struct HandedEncodingTests {
  static let time: Int64 = 1_795_276_790_000_000

  static func run(_ serials: ClosedRange<Int64>, _ generation: UInt32 = 1) -> HandedRun {
    HandedRun(
      period: 0, first: serials.lowerBound, last: serials.upperBound, generation: generation,
      generated: time)
  }

  static let runs: [[HandedRun]] = [
    [run(1...1)], [run(1...40)], [run(8...12), run(98...101), run(995...1_009)],
    [run(7...7, 2), run(3...4, 2), run(9...9, .max), run(10...200)], [],
  ]

  @Test(arguments: [
    "SO{serial:6}", "{serial:4,36}", "{business}{timestamp:yyyyMMddHHmmss}-{serial:8}{check:11,10}",
    "{serial:5,36}{check:37,36}", "LONG-LONG-LONG-LONG-LONG-LONG-LONG-LONG-LONG-{serial:18}",
  ])
  func itIsWhatIsGenerated(_ template: String) throws {
    let forms = [
      try Forms.form(template),
      try NumberForm(
        business: "shop", template: NumberTemplate(parsing: template, period: .never),
        period: .never, zone: .utc, key: SerialPermutation.Key(word0: 1, word1: 2)),
    ]
    for form in forms {
      for runs in Self.runs {
        for (lease, expireTime) in [
          (Int64(0), Int64?.none), (5, Self.time + 1), (.max, 0), (-1, -1),
        ] {
          for (incarnation, repeatable) in [(lease == 0 ? 0 : UInt64.max, lease != 5)] {
            let handed = HandedNumbers(
              edition: 0, runs: runs, lease: lease, expireTime: expireTime)
            let response = AllocateResponse(
              handed, form, incarnation: incarnation, repeatable: repeatable)
            let bytes = handed.encodedResponse(
              form, incarnation: incarnation, repeatable: repeatable
            ).bytes
            #expect(bytes == (try response.encoded()), "\(handed)")
          }
        }
      }
    }
  }
}
