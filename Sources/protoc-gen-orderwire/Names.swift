/// How proto names become Swift's, and which module a proto file lives in.
struct NameMap {
  private var modules: [(prefix: String, swift: String, c: String)] = []
  private var renamed: [String: String] = [:]
  private var descriptorOnly: [String] = []

  init() {}

  init(parsing text: String) throws(GeneratorFailure) {
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ").map(String.init)
      switch (words.first, words.count) {
      case ("module", 4): modules.append((words[1], words[2], words[3]))
      case ("name", 3): renamed[words[1]] = words[2]
      case ("descriptor-only", 2): descriptorOnly.append(words[1])
      default: throw GeneratorFailure("name map: can't read \"\(line)\"")
      }
    }
  }

  /// Whether the file at `path` gets its descriptor alone, and no types.
  func isDescriptorOnly(_ path: String) -> Bool {
    descriptorOnly.contains { path.hasPrefix($0) }
  }

  /// The Swift module with the code for the proto file at `path`.
  func swiftModule(_ path: String) -> String {
    modules.first { path.hasPrefix($0.prefix) }?.swift ?? ""
  }

  /// The C module with the code for the proto file at `path`.
  func cModule(_ path: String) -> String {
    modules.first { path.hasPrefix($0.prefix) }?.c ?? ""
  }

  /// The Swift name of a message, enum or service, without those that enclose it.
  func swiftName(_ protoName: String, simple: String) -> String {
    if let name = renamed[protoName] { return name }
    return metatypeNames.contains(simple) ? simple + "_" : simple
  }
}

/// Names that mean something else after a dot, even in backticks.
private let metatypeNames: Set<String> = ["Type", "Protocol", "Self"]

private let keywords: Set<String> = [
  "associatedtype", "class", "deinit", "enum", "extension", "fileprivate", "func", "import", "init",
  "inout", "internal", "let", "operator", "precedencegroup", "private", "protocol", "public",
  "rethrows", "static", "struct", "subscript", "typealias", "var", "break", "case", "catch",
  "continue", "default", "defer", "do", "else", "fallthrough", "for", "guard", "if", "in", "repeat",
  "return", "throw", "switch", "where", "while", "any", "as", "false", "is", "nil", "super",
  "throws", "true", "try", "none", "some",
  "self",
]

private let initialisms: Set<String> = ["id", "url", "http", "https", "ip", "ttl"]

/// `request_id` becomes `requestID`.
func lowerCamel(_ snake: String) -> String {
  var name = ""
  for word in snake.split(separator: "_").map(String.init) {
    if name.isEmpty {
      name = word.first?.isUppercase == true ? lowerFirst(word) : word
    } else if initialisms.contains(word) {
      name += word.uppercased()
    } else {
      name += upperFirst(word)
    }
  }
  return name == "self" ? "self_" : name
}

/// `POOL_STATE_OPEN` of `PoolState` becomes `open`.
func enumCaseName(_ value: String, of enumeration: String) -> String {
  let prefix = upperSnake(enumeration) + "_"
  var rest = value.hasPrefix(prefix) ? String(value.dropFirst(prefix.count)) : value
  if rest.isEmpty || rest.first?.isNumber == true { rest = value }
  return lowerCamel(rest.lowercased())
}

/// A name as it must be written where Swift could take it for a keyword.
func escaped(_ name: String) -> String {
  keywords.contains(name) ? "`\(name)`" : name
}

func upperFirst(_ word: String) -> String {
  word.prefix(1).uppercased() + word.dropFirst()
}

func lowerFirst(_ word: String) -> String {
  word.prefix(1).lowercased() + word.dropFirst()
}

/// `PoolState` becomes `POOL_STATE`, `HTTPCode` becomes `HTTP_CODE`.
func upperSnake(_ camel: String) -> String {
  let characters = Array(camel)
  var name = ""
  for (index, character) in characters.enumerated() {
    let endsWord =
      index > 0 && character.isUppercase
      && (!characters[index - 1].isUppercase
        || (index + 1 < characters.count && characters[index + 1].isLowercase))
    if endsWord { name += "_" }
    name += character.uppercased()
  }
  return name
}

/// protobuf-c's name of a type: `orderwire.v1.PoolState` becomes `Orderwire__V1__PoolState`.
func cTypeName(_ protoName: String) -> String {
  protoName.split(separator: ".").map { piece in
    piece.split(separator: "_").map { upperFirst(String($0)) }.joined()
  }.joined(separator: "__")
}

/// protobuf-c's name of a variable: `orderwire.v1.PoolState` becomes `orderwire__v1__pool_state`.
func cVariableName(_ protoName: String) -> String {
  protoName.split(separator: ".").map { piece in
    var name = ""
    var wasUpper = true
    for character in piece {
      if character.isUppercase && !wasUpper { name += "_" }
      name += character.lowercased()
      wasUpper = character.isUppercase
    }
    return name
  }.joined(separator: "__")
}

/// protobuf-c's name of a struct member.
func cFieldName(_ protoName: String) -> String {
  let name = protoName.lowercased()
  return cKeywords.contains(name) ? name + "_" : name
}

private let cKeywords: Set<String> = [
  "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
  "class", "compl", "const", "const_cast", "continue", "default", "delete", "do", "double",
  "dynamic_cast", "else", "enum", "explicit", "extern", "false", "float", "for", "friend", "goto",
  "if", "inline", "int", "long", "mutable", "namespace", "new", "not", "not_eq", "operator", "or",
  "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "return", "short",
  "signed", "sizeof", "static", "static_cast", "struct", "switch", "template", "this", "throw",
  "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using", "virtual", "void",
  "volatile", "wchar_t", "while", "xor", "xor_eq",
]

extension String {
  /// Without `suffix`, if it ends so.
  func droppingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
