/// Writes the Swift for one proto file.
struct SwiftFile {
  var file: FileModel
  var names: NameMap
  /// The files that it imports, and those that they import, and so on.
  var imports: [FileModel]

  private var ownModule: String { names.swiftModule(file.path) }

  /// Messages, enums and the file's description.
  func messages() -> String {
    var out = header()
    out += "internal import \(names.cModule(file.path))\n"
    let types = names.isDescriptorOnly(file.path) ? [] : file.messages.flatMap(fieldTypes)
    for module in modules(defining: types, and: "Messages").sorted() {
      out += "public import \(module)\n"
    }
    if names.isDescriptorOnly(file.path) { return out + "\n" + description() }
    for item in file.enums { out += "\n" + enumeration(item, indent: "") }
    for message in file.messages { out += "\n" + self.message(message, indent: "") }
    return out + "\n" + description()
  }

  /// Service protocols and clients.
  func services() -> String {
    var out = header()
    let types = file.services.flatMap(\.methods).flatMap { [$0.input, $0.output] }
    let inSignatures = modules(defining: types, and: "RPC")
    // The others only for the descriptors of what the file imports.
    let all = inSignatures.union(imports.map { names.swiftModule($0.path) })
    for module in all.sorted() where module != ownModule {
      out += "\(inSignatures.contains(module) ? "public" : "internal") import \(module)\n"
    }
    for service in file.services {
      out += "\n" + ServiceWriter(service: service, files: [file] + imports).text()
    }
    return out
  }

  private func header() -> String {
    """
    // \(generatedBy)
    // Source: \(file.path)
    // swift-format-ignore-file


    """
  }

  /// The other modules that define these Swift types, and `always`.
  private func modules(defining types: [String], and always: String) -> Set<String> {
    var modules: Set<String> = [always]
    for type in types {
      let name = type.split(separator: ".").first.map(String.init) ?? type
      for file in imports where file.topLevelTypes.contains(name) {
        modules.insert(names.swiftModule(file.path))
      }
    }
    return modules.subtracting([ownModule])
  }

  private func fieldTypes(of message: MessageModel) -> [String] {
    message.fields.map(\.swiftTypeName) + message.messages.flatMap(fieldTypes)
  }

  private func description() -> String {
    let cName = String(file.path.map { $0.isLetter || $0.isNumber ? $0 : "_" })
    let symbols =
      file.services.map(\.protoName) + file.messages.flatMap(symbols(of:))
      + file.enums.map(\.protoName)
    return """
      /// \(file.path) as reflection shows it.
      public enum \(file.swiftFileName)Descriptor {
        /// The serialized FileDescriptorProto.
        public static let bytes: [UInt8] = Array(
          UnsafeRawBufferPointer(start: \(cName)__pointer(), count: \(file.descriptor.count)))

        /// The file with its name, imports and what it defines.
        public static let file = FileDescription(
          path: "\(file.path)",
          dependencies: \(literal(file.dependencies)),
          services: \(literal(file.services.map(\.protoName))),
          symbols: \(literal(symbols)),
          bytes: bytes)
      }

      """
  }

  private func symbols(of message: MessageModel) -> [String] {
    [message.protoName] + message.enums.map(\.protoName)
      + message.messages.filter { !$0.isMapEntry }.flatMap(symbols(of:))
  }

  private func literal(_ strings: [String]) -> String {
    "[" + strings.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
  }
}

/// A proto comment as a Swift one, or `fallback` if there is none.
func docstring(_ comment: String, indent: String, or fallback: String) -> String {
  var lines = comment.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    String(line.hasPrefix(" ") ? line.dropFirst() : line[...])
  }
  while lines.last?.isEmpty == true { lines.removeLast() }
  if lines.isEmpty { lines = [fallback] }
  return lines.map { "\(indent)///\($0.isEmpty ? "" : " ")\($0)\n" }.joined()
}

/// `text` with every line that isn't empty moved right by `indent`.
func indented(_ text: String, by indent: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false)
    .map { $0.isEmpty ? "" : indent + $0 }.joined(separator: "\n")
}
