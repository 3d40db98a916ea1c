import Testing

@testable import Forwarding

@Suite struct QuarantineReportTests {
  /// The table at its head.
  @Test(
    arguments: [
      (nil, 0, nil), (nil, 3, Int64.min), (3, 3, nil), (0, 0, nil), (0, 1, Int64.min),
      (3, 0, Int64.min), (3, 4, 7_000_000 + QuarantineReport.every),
      (3, 2, 7_000_000 + QuarantineReport.every),
    ] as [(Int?, Int, Int64?)])
  func isDue(told: Int?, now: Int, due: Int64?) {
    let told = told.map { (count: $0, heard: Int64(7_000_000)) }
    #expect(QuarantineReport.due(count: now, told: told) == due)
  }
}
