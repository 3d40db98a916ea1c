import Foundation
import StoreFaults
import Testing

@testable import Numbers

/// Random histories of calls, crashes and clocks, each run on a server's book and store and on the
/// model side by side, and compared after every step.
///
/// It prints the seed of its first history; the next ones count up from there. What fails is made
/// small and printed.
///
///     ORDERWIRE_SEED=4711            begins with this seed
///     ORDERWIRE_HISTORIES=20000      so many histories; with 1, one seed is run again
///     ORDERWIRE_HISTORY='[…]'        runs a printed history, and nothing else
@Suite(.timeLimit(.minutes(30))) struct NumberHistoryTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test func equalsTheModel() async throws {
    if let text = Self.environment["ORDERWIRE_HISTORY"] {
      let history = try JSONDecoder().decode([HistoryStep].self, from: Data(text.utf8))
      try await Self.expectNoDifference(history, "the given history")
      return
    }
    let first = SeededGenerator.seed()
    let count = UInt64(Self.environment["ORDERWIRE_HISTORIES"] ?? "") ?? 500
    print("\(count) histories, the first of seed \(first)")
    try await withThrowingTaskGroup(of: Bool.self) { group in
      var seeds = (first..<(first + count)).makeIterator()
      func run(_ seed: UInt64) {
        group.addTask {
          var maker = HistoryMaker(seed: seed)
          return try await Self.expectNoDifference(maker.history(), "seed \(seed)")
        }
      }
      for _ in 0..<Self.atOnce { seeds.next().map(run) }
      while let isRight = try await group.next() {
        guard isRight else { return group.cancelAll() }
        if let seed = seeds.next() { run(seed) }
      }
    }
  }

  /// A history mostly waits for its writer, and in a run of all tests for its turn among them.
  private static let atOnce = 4

  @discardableResult
  private static func expectNoDifference(
    _ history: [HistoryStep], _ name: String
  ) async throws -> Bool {
    guard let difference = try await difference(history) else { return true }
    var shrinker = HistoryShrinker(
      Array(history[...difference.step]), simpler: \.simpler,
      fails: { try await Self.difference($0) != nil })
    try await shrinker.shrink()
    let small = shrinker.history
    let left = try await Self.difference(small)
    Issue.record(
      """
      \(name), step \(difference.step): \(difference.differences.joined(separator: "\n"))
      Smaller:
      \(small.map(Self.line).joined(separator: "\n"))
      \(left?.differences.joined(separator: "\n") ?? "which didn't fail again")
      ORDERWIRE_HISTORY='\(try Self.json(small))'
      """)
    return false
  }

  private static func difference(
    _ history: [HistoryStep], tamper: @escaping @Sendable (inout PoolSettings) -> Void = { _ in }
  ) async throws -> (step: Int, differences: [String])? {
    var run = try HistoryRun(tamper: tamper)
    return try await run.run(history)
  }

  /// A step as one would write it.
  private static func line(_ step: HistoryStep) -> String {
    let types = /(NumbersTests\.)?History[A-Z]\w*(\.[A-Z]\w*)*\.|NumbersTests\./
    return "  \(step)".replacing(types, with: "")
  }

  private static func json(_ history: [HistoryStep]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(history), as: UTF8.self)
  }
}
