import Foundation
import StoreFaults
import Testing

@testable import Forwarding

/// Random histories of orders, units, consumers, crashes and clocks, each run on a server's book and store and
/// on the model side by side, and compared after every step. In the end of each all orders go through.
///
/// It prints the seed of its first history; the next ones count up from there. What fails is made
/// small and printed.
///
///     ORDERWIRE_SEED=4711                    begins with this seed
///     ORDERWIRE_FORWARDING_HISTORIES=20000   so many histories; with 1, one seed is run again
///     ORDERWIRE_FORWARDING_HISTORY='[…]'     runs a printed history, and nothing else
@Suite(.timeLimit(.minutes(120))) struct ForwardingHistoryTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test func equalsTheModel() async throws {
    if let text = Self.environment["ORDERWIRE_FORWARDING_HISTORY"] {
      let history = try JSONDecoder().decode([ForwardingStep].self, from: Data(text.utf8))
      try await Self.expectNoDifference(history, "the given history")
      return
    }
    let asked = UInt64(Self.environment["ORDERWIRE_FORWARDING_HISTORIES"] ?? "")
    // The same ones before every landing; new ones where somebody looks for differences.
    let first =
      asked == nil && Self.environment["ORDERWIRE_SEED"] == nil ? 1 : SeededGenerator.seed()
    let count = asked ?? 60
    print("\(count) histories of forwarding, the first of seed \(first)")
    try await withThrowingTaskGroup(of: Bool.self) { group in
      var seeds = (first..<(first + count)).makeIterator()
      func run(_ seed: UInt64) {
        group.addTask {
          var maker = ForwardingHistoryMaker(seed: seed)
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
    _ history: [ForwardingStep], _ name: String
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
      \(name), step \(difference.step): \(difference.found.joined(separator: "\n"))
      Smaller:
      \(small.map(Self.line).joined(separator: "\n"))
      \(left?.found.joined(separator: "\n") ?? "which didn't fail again")
      ORDERWIRE_FORWARDING_HISTORY='\(try Self.json(small))'
      """)
    return false
  }

  private static func difference(
    _ history: [ForwardingStep]
  ) async throws -> (step: Int, found: [String])? {
    var run = try ForwardingRun()
    return try await run.run(history)
  }

  /// A step as one would write it.
  private static func line(_ step: ForwardingStep) -> String {
    let types = /(ForwardingTests\.)?(Forwarding|History)[A-Z]\w*(\.[A-Z]\w*)*\.|ForwardingTests\./
    return "  \(step)".replacing(types, with: "")
  }

  private static func json(_ history: [ForwardingStep]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(history), as: UTF8.self)
  }
}
