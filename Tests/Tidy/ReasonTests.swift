import Foundation
import Testing

/// What programs of others act on is tested as they see it: every reason of a refusal is in a test over the wire.
@Suite struct ReasonTests {
  /// The modules that refuse.
  static let refusing = [
    "Messages", "RPC", "Calls", "Numbers", "Warnings", "Catalog", "Stock", "Forwarding",
  ]

  /// The words of gRPC itself, and why a message can't be encoded, which is no answer to anybody.
  static let others: Set = [
    "Sources/RPC/StatusCode.swift", "Sources/Messages/EncodingFailure.swift",
  ]

  @Test func everyReasonIsInATestOverTheWire() throws {
    var known: [String: String] = [:]
    for file in try SourceTree.swiftFiles()
    where Self.refusing.contains(file.module) && !file.isGenerated
      && !Self.others.contains(file.path)
    {
      for line in file.lines { for reason in Self.reasons(in: line) { known[reason] = file.path } }
    }
    #expect(known.count > 70, "the sources' reasons aren't found any more")
    let tested = try Self.wireTests().reduce(into: Set<String>()) { tested, line in
      tested.formUnion(Self.reasons(in: line))
    }
    for (reason, path) in known.sorted(by: { $0.key < $1.key }) {
      #expect(tested.contains(reason), "\(reason) of \(path) is in no test of Tests/**/*.py")
    }
  }

  /// Whatever stands behind `reason:` looks like a reason, or it would be overlooked above.
  @Test func reasonsAreInUpperSnakeCase() throws {
    for file in try SourceTree.swiftFiles()
    where Self.refusing.contains(file.module) && !file.isGenerated {
      for (index, line) in file.lines.enumerated() where line.contains("reason: \"") {
        #expect(
          line.contains("reason: \"\"") || !Self.reasons(in: line).isEmpty,
          "\(file.path):\(index + 1)")
      }
    }
  }

  @Test(arguments: [
    ("invalid(\"TOKEN_MISSING\", field)", ["TOKEN_MISSING"]),
    ("case a = \"NUL_IN_STRING\", b = \"X_2\"", ["NUL_IN_STRING", "X_2"]),
    ("// \"TOKEN_MISSING\"", []), ("# \"TOKEN_MISSING\"", []), ("\"UTC\"", []),
    ("\"Has_LOWER\"", []), ("TOKEN_MISSING", []),
  ])
  func readsReasons(line: String, reasons: [String]) {
    #expect(Self.reasons(in: line) == reasons)
  }

  /// The literals of a line that look like one: words of capitals with underscores between them.
  static func reasons(in line: String) -> [String] {
    let code = line.drop { $0 == " " }
    guard !code.hasPrefix("//"), !code.hasPrefix("#") else { return [] }
    return code.matches(of: /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/).map { String($0.output.1) }
  }

  private static func wireTests() throws -> [String] {
    var lines: [String] = []
    let tests = SourceTree.root.appendingPathComponent("Tests")
    let found = FileManager.default.enumerator(atPath: tests.path)
    while let path = found?.nextObject() as? String {
      guard path.hasSuffix(".py") else { continue }
      let text = try String(contentsOf: tests.appendingPathComponent(path), encoding: .utf8)
      lines += text.components(separatedBy: "\n")
    }
    return lines
  }
}
