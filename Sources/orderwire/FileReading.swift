import Glibc

/// The whole of a small file, such as a configuration.
func contents(ofFile path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw unreadable(path) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16 * 1024)
  while true {
    let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw unreadable(path) }
    guard count > 0 else { return bytes }
    bytes += buffer[..<count]
    guard bytes.count <= limit else {
      throw CommandFailure(.missingInput, "\(path): is longer than \(limit) bytes")
    }
  }
}

private func unreadable(_ path: String) -> CommandFailure {
  CommandFailure(.missingInput, "\(path): can't be read: \(systemMessage(errno))")
}

/// What the system calls error `code`.
func systemMessage(_ code: CInt) -> String {
  strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
