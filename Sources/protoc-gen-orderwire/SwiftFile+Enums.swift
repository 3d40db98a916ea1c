extension SwiftFile {
  /// An enum that keeps the numbers it doesn't know.
  func enumeration(_ item: EnumModel, indent: String) -> String {
    let name = item.swiftName
    var cases: [(name: String, number: Int32, comment: String)] = []
    var aliases: [(name: String, target: String)] = []
    for value in item.values {
      let caseName = enumCaseName(value.name, of: item.swiftName.droppingSuffix("_"))
      if let first = cases.first(where: { $0.number == value.number }) {
        aliases.append((caseName, first.name))
      } else {
        cases.append((caseName, value.number, value.comment))
      }
    }
    var out = docstring(item.comment, indent: "", or: item.protoName)
    out += "public enum \(name): RawRepresentable, Sendable, Hashable {\n"
    for value in cases {
      out += docstring(value.comment, indent: "  ", or: "Number \(value.number).")
      out += "  case \(escaped(value.name))\n"
    }
    out += "  /// A number that this version of the proto doesn't name.\n"
    out += "  case unrecognized(Int32)\n\n"
    for alias in aliases {
      out += "  /// Another name of `\(alias.target)`.\n"
      out += "  public static var \(escaped(alias.name)): \(name) { .\(escaped(alias.target)) }\n\n"
    }
    out += "  public init(rawValue: Int32) {\n    switch rawValue {\n"
    for value in cases { out += "    case \(value.number): self = .\(escaped(value.name))\n" }
    out += "    default: self = .unrecognized(rawValue)\n    }\n  }\n\n"
    out += "  public var rawValue: Int32 {\n    switch self {\n"
    for value in cases { out += "    case .\(escaped(value.name)): \(value.number)\n" }
    out += "    case .unrecognized(let number): number\n    }\n  }\n}\n"
    return indented(out, by: indent)
  }
}
