/// Why bytes are not the message they should be.
public struct DecodingFailure: Error, Sendable, Equatable {
  /// The closed set of reasons. The raw values are stable and meant for programs.
  public enum Reason: String, Sendable, CaseIterable {
    /// Not protobuf's wire format, or cut short.
    case malformed = "MALFORMED_MESSAGE"
    /// A string that isn't UTF-8.
    case invalidUTF8 = "INVALID_UTF8"
    /// A string that contains the character NUL.
    case nulInString = "NUL_IN_STRING"
    /// Messages nested deeper than `Limits.nesting`.
    case nestedTooDeep = "NESTED_TOO_DEEP"
    /// Would take more memory than the arena may use.
    case memoryLimit = "MEMORY_LIMIT_EXCEEDED"
  }

  /// What is wrong.
  public var reason: Reason

  /// Where, as in `locks[2].holder`; empty if it is the message as a whole.
  public var field: String

  /// A failure at a place.
  public init(_ reason: Reason, field: String = "") {
    self.reason = reason
    self.field = field
  }

  /// The failure as the message around it tells it: with the name of the field that it is in, and
  /// its place in a list. The path's inner end is cut off when it gets too long for a trailer.
  func inside(_ name: String, index: Int?) -> DecodingFailure {
    let place = index.map { "\(name)[\($0)]" } ?? name
    let path = field.isEmpty ? place : "\(place).\(field)"
    return DecodingFailure(reason, field: String(path.prefix(Limits.fieldPath)))
  }
}
