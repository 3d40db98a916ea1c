internal import Glibc

/// A folder that is removed with its files when the test is done.
public final class TemporaryFolder: Sendable {
  /// Where it is.
  public let path: String

  /// Makes it.
  public init() {
    var template = Array(("/tmp/orderwire-store-" + String(repeating: "X", count: 6)).utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, mkdtemp(base) != nil else {
        preconditionFailure("no temporary folder")
      }
      return String(cString: base)
    }
  }

  /// A path for a database in it.
  public var database: String { path + "/store.db" }

  /// The names of what is in it.
  public var files: [String] {
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
