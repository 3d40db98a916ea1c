/// One header field to send. Names must be in lower case (RFC 9113 section 8.2).
public struct HeaderField: Sendable {
  /// Text that lives as long as the process costs no copy.
  public enum Text: Sendable, ExpressibleByStringLiteral {
    case fixed(StaticString)
    case string(String)
    case bytes([UInt8])

    public init(stringLiteral value: StaticString) { self = .fixed(value) }
  }

  public var name: Text
  public var value: Text

  public init(_ name: Text, _ value: Text) {
    self.name = name
    self.value = value
  }
}
