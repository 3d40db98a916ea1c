import Glibc

/// Does what the command line says.
func run(_ arguments: [String]) throws(GeneratorFailure) {
  guard let mode = arguments.first, arguments.count >= 3 else {
    throw GeneratorFailure(usage)
  }
  let input = try readFile(arguments[1])
  switch (mode, arguments.count) {
  case ("rewrite", 3):
    try writeFile(arguments[2], rewriteForC(input))
  case ("schema", 4...):
    let files = try FileModel.load(input, names: NameMap())
    for file in try select(Array(arguments[3...]), of: files) {
      let path = "\(arguments[2])/\(file.path.droppingSuffix(".proto"))"
      try writeFile("\(path).schema.h", Array(SchemaWriter(file: file).header().utf8))
      try writeFile("\(path).schema.c", Array(SchemaWriter(file: file).source().utf8))
    }
  case ("swift", 5...):
    let names = try NameMap(parsing: String(decoding: readFile(arguments[3]), as: UTF8.self))
    let files = try FileModel.load(input, names: names)
    for file in try select(Array(arguments[4...]), of: files) {
      let swift = SwiftFile(file: file, names: names, imports: imports(of: file, in: files))
      try write(swift, into: arguments[2])
    }
  default:
    throw GeneratorFailure(usage)
  }
}

private func write(_ swift: SwiftFile, into folder: String) throws(GeneratorFailure) {
  let base = "\(folder)/\(swift.file.swiftFileName)"
  try writeFile("\(base).pb.swift", Array(swift.messages().utf8))
  if !swift.file.services.isEmpty && !swift.names.isDescriptorOnly(swift.file.path) {
    try writeFile("\(base).service.swift", Array(swift.services().utf8))
  }
}

/// The files that `file` imports, and those that they import, and so on; each once.
private func imports(of file: FileModel, in files: [FileModel]) -> [FileModel] {
  var found: [FileModel] = []
  var open = file.dependencies
  while let path = open.popLast() {
    guard let next = files.first(where: { $0.path == path }),
      !found.contains(where: { $0.path == path })
    else { continue }
    found.append(next)
    open += next.dependencies
  }
  return found.sorted { $0.path < $1.path }
}

private func select(
  _ paths: [String], of files: [FileModel]
) throws(GeneratorFailure) -> [FileModel] {
  var selected: [FileModel] = []
  for path in paths {
    guard let file = files.first(where: { $0.path == path }) else {
      throw GeneratorFailure("\(path): not in the descriptor set")
    }
    try file.check()
    selected.append(file)
  }
  return selected
}

/// Why nothing could be generated; the message is for a person.
struct GeneratorFailure: Error {
  var message: String

  init(_ message: String) {
    self.message = message
  }
}

/// The bytes of a file.
func readFile(_ path: String) throws(GeneratorFailure) -> [UInt8] {
  guard let file = fopen(path, "r") else {
    throw GeneratorFailure("\(path): \(String(cString: strerror(errno)))")
  }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { break }
    bytes += chunk[..<count]
  }
  return bytes
}

/// Writes a file whole, making its folders.
func writeFile(_ path: String, _ bytes: [UInt8]) throws(GeneratorFailure) {
  for (index, character) in path.enumerated() where character == "/" && index > 0 {
    mkdir(String(path.prefix(index)), 0o755)
  }
  guard let file = fopen(path, "w") else {
    throw GeneratorFailure("\(path): \(String(cString: strerror(errno)))")
  }
  let written = fwrite(bytes, 1, bytes.count, file)
  guard fclose(file) == 0, written == bytes.count else {
    throw GeneratorFailure("\(path): could not be written whole")
  }
}
