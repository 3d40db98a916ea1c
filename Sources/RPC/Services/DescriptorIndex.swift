internal import Messages

/// What reflection looks up: files by name, and by what they define.
struct DescriptorIndex: Sendable {
  /// Full names of the services, sorted.
  let services: [String]
  private var files: [String: FileDescription] = [:]
  private var definitions: [String: FileDescription] = [:]
  private var serviceNames: Set<String> = []

  /// An index of the files, of which `services` are served with `methods`: full names, with dots.
  init(files: [FileDescription], services: [String], methods: [String]) {
    self.services = Set(services).sorted()
    for file in files {
      self.files[file.path] = file
      serviceNames.formUnion(file.services)
      for symbol in file.symbols { definitions[symbol] = file }
    }
    for method in methods {
      if let service = Self.parent(of: method) { definitions[method] = definitions[service] }
    }
  }

  /// The file of this name, and behind it all that it needs, each file once.
  func closure(path: String) -> [FileDescription]? {
    files[path].map(closure)
  }

  /// The file that defines a service, method, message, enum, or a field of a message, and behind it all
  /// that it needs.
  func closure(symbol: String) -> [FileDescription]? {
    if let file = definitions[symbol] { return closure(of: file) }
    // What is within a message isn't listed; a service's methods are.
    guard let parent = Self.parent(of: symbol), !serviceNames.contains(parent) else { return nil }
    return definitions[parent].map(closure)
  }

  func defines(_ symbol: String) -> Bool { definitions[symbol] != nil }

  private func closure(of file: FileDescription) -> [FileDescription] {
    var found = [file]
    var seen: Set = [file.path]
    var next = 0
    while next < found.count {
      for path in found[next].dependencies where seen.insert(path).inserted {
        if let dependency = files[path] { found.append(dependency) }
      }
      next += 1
    }
    return found
  }

  private static func parent(of symbol: String) -> String? {
    symbol.lastIndex(of: ".").map { String(symbol[..<$0]) }
  }
}
