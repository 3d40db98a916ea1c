import Foundation
import Testing

@Suite struct TidyTests {
  @Test func sourcesAvoidWhatEndsTheProcessOrIsUnfinished() throws {
    // Split, so that this file doesn't contain them.
    let forbidden = ["try" + "!", "fatal" + "Error(", "TO" + "DO", "FIX" + "ME", "XX" + "X"]
    for file in try SourceTree.swiftFiles(in: ["Sources", "Tests"]) where !file.isGenerated {
      for (index, line) in file.lines.enumerated() {
        for word in forbidden where line.contains(word) {
          Issue.record("\(file.path):\(index + 1) has \(word)")
        }
      }
    }
  }

  /// Whoever takes the compiler's check away says what stands in its place.
  @Test func uncheckedSendableNamesWhatConfinesIt() throws {
    for file in try SourceTree.swiftFiles() where !file.isGenerated {
      for (index, line) in file.lines.enumerated()
      where line.contains("@unchecked Sendable") && !line.hasPrefix("//") {
        let before = file.lines[max(0, index - 4)...index]
        #expect(
          before.contains { $0.contains("//") }, "\(file.path):\(index + 1) has no comment")
      }
    }
  }

  @Test func noTypeHasItsModulesName() throws {
    for file in try SourceTree.swiftFiles() where !file.isGenerated {
      for line in file.lines {
        let words = line.split(separator: " ").map {
          $0.trimmingCharacters(in: .punctuationCharacters)
        }
        guard
          let keyword = words.firstIndex(where: {
            ["struct", "class", "enum", "actor"].contains($0)
          }),
          !line.contains("//"), keyword + 1 < words.count
        else { continue }
        #expect(words[keyword + 1] != file.module, "\(file.path): \(line)")
      }
    }
  }

  /// A newcomer finds six things at the top, and what they are is in the README.
  @Test func theTopLevelHoldsSixThings() throws {
    let visible = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path)
      .filter { !$0.hasPrefix(".") && $0 != "Package.resolved" }
    let expected: Set = ["Package.swift", "README.md", "Protos", "Sources", "Tests", "certs"]
    #expect(Set(visible).subtracting(expected).isEmpty)
  }

  @Test(arguments: [
    "Sources/serve", "Tests/run", ".ci/run", "Protos/generate", "certs/generate",
    "Tests/Benchmarks/run",
  ])
  func scriptsCanBeRun(_ path: String) {
    #expect(
      FileManager.default.isExecutableFile(
        atPath: SourceTree.root.appendingPathComponent(path).path))
  }

  /// Not a rule: a list to look at now and then.
  @Test func reportsLongFiles() throws {
    for file in try SourceTree.swiftFiles(in: ["Sources", "Tests"]) where !file.isGenerated {
      if file.lines.count > 400 { print("long: \(file.path), \(file.lines.count) lines") }
    }
  }
}
