/// Why a message can't be written.
public struct EncodingFailure: Error, Sendable, Equatable {
  /// The closed set of reasons. The raw values are stable and meant for programs.
  public enum Reason: String, Sendable, CaseIterable {
    /// Would take more memory than the arena may use.
    case memoryLimit = "MEMORY_LIMIT_EXCEEDED"
  }

  /// What is wrong.
  public var reason: Reason

  /// A failure for a reason.
  public init(_ reason: Reason) {
    self.reason = reason
  }
}
