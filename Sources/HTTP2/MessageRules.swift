/// Whether a request's header block keeps to the rules for messages: RFC 9113 section 8, and RFC 9110
/// section 5 for the characters of names and values. A block that breaks one makes the request
/// malformed, and its stream is reset with PROTOCOL_ERROR (RFC 9113 section 8.1.1).
///
/// nghttp2 could look after these, but takes three times as many instructions. A server's sessions are
/// told not to; so what isn't refused here isn't refused at all, and each rule has its row in
/// `MessageRulesTests`. A client's sessions leave responses to nghttp2.
///
/// A value, made anew for each block: told of each field in order, then asked `isWhole`.
struct MessageRules {
  enum Block { case request, trailers }

  private struct Seen: OptionSet {
    let rawValue: UInt8
    static let method = Seen(rawValue: 1)
    static let scheme = Seen(rawValue: 2)
    static let path = Seen(rawValue: 4)
    static let authority = Seen(rawValue: 8)
    static let host = Seen(rawValue: 16)
    static let contentLength = Seen(rawValue: 32)
    static let regular = Seen(rawValue: 64)
  }

  private let block: Block
  private var seen: Seen = []
  private var isConnect = false
  private var isOptions = false
  private var isPathAsterisk = false
  /// The bytes that the body must have, if the block says so.
  private(set) var contentLength: Int?

  init(_ block: Block) { self.block = block }

  /// Takes the next field; false: the message is malformed.
  mutating func accepts(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
    guard let first = name.first else { return false }
    if first == UInt8(ascii: ":") { return acceptsPseudo(name, value) }
    seen.insert(.regular)
    switch name.count {
    // What nearly every call has comes first; such names needn't be looked at by the character.
    case 12 where name.equals("content-type"), 10 where name.equals("user-agent"),
      20 where name.equals("grpc-accept-encoding"), 12 where name.equals("grpc-timeout"):
      return FieldSyntax.isValue(value)
    case 2 where name.equals("te"):
      return value.equals("trailers") || value.equalsIgnoringCase("trailers")
    case 4 where name.equals("host"): return isFirst(.host) && FieldSyntax.isAuthority(value)
    case 14 where name.equals("content-length"):
      contentLength = FieldSyntax.number(value)
      return isFirst(.contentLength) && contentLength != nil
    // What is of the connection in HTTP/1 isn't of a message in HTTP/2 (section 8.2.2).
    case 7 where name.equals("upgrade"), 10 where name.equals("connection"),
      10 where name.equals("keep-alive"), 16 where name.equals("proxy-connection"),
      17 where name.equals("transfer-encoding"):
      return false
    default: return FieldSyntax.isName(name) && FieldSyntax.isValue(value)
    }
  }

  /// Section 8.3: known ones only, once, before all others, not in trailers.
  private mutating func acceptsPseudo(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> Bool {
    guard block == .request, !seen.contains(.regular) else { return false }
    switch name.count {
    case 5 where name.equals(":path"):
      isPathAsterisk = value.equals("*")
      return isFirst(.path) && FieldSyntax.isPath(value)
    case 7 where name.equals(":method"):
      guard isFirst(.method) else { return false }
      if value.equals("POST") { return true }
      isConnect = value.equals("CONNECT")
      isOptions = value.equals("OPTIONS")
      return FieldSyntax.isToken(value)
    case 7 where name.equals(":scheme"):
      guard isFirst(.scheme) else { return false }
      return value.equals("http") || value.equals("https") || FieldSyntax.isScheme(value)
    case 10 where name.equals(":authority"):
      return isFirst(.authority) && FieldSyntax.isAuthority(value)
    default: return false
    }
  }

  private mutating func isFirst(_ field: Seen) -> Bool { seen.insert(field).inserted }

  /// The block has ended; false: it lacks something, or its fields don't go together. `isCut`: it was
  /// too large, and fields that may be what is lacking were not told of.
  func isWhole(endStream: Bool, isCut: Bool) -> Bool {
    switch block {
    case .trailers: return endStream  // Section 8.1: nothing comes after them.
    case .request where isCut: return true
    case .request where isConnect:  // Section 8.5.
      return seen.isDisjoint(with: [.scheme, .path]) && seen.contains(.authority)
    case .request:
      return seen.isSuperset(of: [.method, .scheme, .path])
        && !seen.isDisjoint(with: [.authority, .host]) && (!isPathAsterisk || isOptions)
    }
  }
}
