import Foundation

/// The project's own files, as the tests below look at them.
struct SourceTree {
  struct File {
    /// From the project's root.
    let path: String
    let lines: [String]

    /// The module, or the folder of `Tests`, that the file belongs to.
    var module: String { String(path.split(separator: "/").dropFirst().first ?? "") }
    var name: String { String(path.split(separator: "/").last ?? "") }
    /// By its name; `TidyTests` sees to it that its first line says the same.
    var isGenerated: Bool { path.hasSuffix(".pb.swift") || path.hasSuffix(".service.swift") }

    /// What the file imports: the module, and whether callers see it too.
    var imports: [(module: String, isPublic: Bool)] {
      lines.compactMap { line in
        let words = line.split(separator: " ").map(String.init)
        guard let keyword = words.firstIndex(of: "import"),
          words[..<keyword].allSatisfy({ Self.importModifiers.contains($0) || $0.hasPrefix("@") }),
          keyword + 1 < words.count
        else { return nil }
        // `import struct Glibc.timespec` names the kind before the module.
        let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let name =
          kinds.contains(words[keyword + 1])
          ? words.dropFirst(keyword + 2).first : words[keyword + 1]
        let module = name?.split(separator: ".").first.map(String.init) ?? ""
        return (module, words[..<keyword].contains("public"))
      }
    }

    private static let importModifiers: Set = [
      "public", "package", "internal", "fileprivate", "private",
    ]
  }

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Every Swift file below `folders`.
  static func swiftFiles(in folders: [String] = ["Sources"]) throws -> [File] {
    var files: [File] = []
    for folder in folders {
      let found = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
      while let path = found?.nextObject() as? String {
        guard path.hasSuffix(".swift") else { continue }
        let text = try String(
          contentsOf: root.appendingPathComponent("\(folder)/\(path)"), encoding: .utf8)
        files.append(
          File(path: "\(folder)/\(path)", lines: text.components(separatedBy: "\n")))
      }
    }
    return files.sorted { $0.path < $1.path }
  }
}
