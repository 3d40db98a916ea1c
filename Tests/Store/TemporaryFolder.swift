import Glibc

/// A folder that is removed with its files when the test is done.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    var template = Array(("/tmp/orderwire-store-" + String(repeating: "X", count: 6)).utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, mkdtemp(base) != nil else {
        preconditionFailure("no temporary folder")
      }
      return String(cString: base)
    }
  }

  var database: String { path + "/store.db" }

  var files: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  deinit {
    chmod(path, 0o700)
    for file in files { unlink(path + "/" + file) }
    rmdir(path)
  }
}
