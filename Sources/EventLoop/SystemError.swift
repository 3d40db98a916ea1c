internal import Glibc

/// A system call that failed.
public struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The value of `errno`.
  public let code: Int32
  /// What was attempted, e.g. `bind 127.0.0.1:50051`.
  public let operation: String

  /// The error `code` that `operation` failed with.
  public init(_ operation: String, code: Int32) {
    self.code = code
    self.operation = operation
  }

  /// The error that the calling thread's last system call, `operation`, failed with.
  public init(_ operation: String) {
    self.init(operation, code: errno)
  }

  public var description: String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(code, &buffer, buffer.count) == 0 else {
      return "\(operation): error \(code)"
    }
    let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return "\(operation): \(String(decoding: text, as: UTF8.self))"
  }
}
